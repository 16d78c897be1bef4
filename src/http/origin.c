/* SPDX-License-Identifier: MIT */
#include "http/origin.h"

#include "base/text.h"
#include "http/authority.h"
#include "http/cors.h"
#include "http/loop.h"
#include "http/request.h"

static bool changes(enum method method)
{
    return method >= METHOD_POST && method <= METHOD_DELETE;
}

/* By a proxy that ends TLS the scheme is another: host and port decide, which a Host without a port
 * leaves to the scheme. */
static bool is_host(struct slice origin, struct slice host)
{
    struct origin o;
    struct authority asked;

    if (!origin_parse(origin, &o) || !authority_parse(host, &asked))
        return false;
    if (!text_equal_nocase(o.authority.host, asked.host))
        return false;
    if (asked.port.len == 0)
        return o.authority.port.len == 0;
    return slice_equal(origin_port(&o), asked.port);
}

/*
 * The page itself, or the user: a browser that says so is believed, for no page can say it. Of the
 * others, same-site is no friend: another port of this machine, another name of the domain.
 */
static bool is_own(const struct request *r)
{
    if (r->fetch_site.len > 0)
        return slice_is(r->fetch_site, "same-origin") || slice_is(r->fetch_site, "none");
    return r->origin.len == 0 || is_host(r->origin, r->host);
}

static struct slice field(const struct request *r, const char *name)
{
    return slice_from(MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, name));
}

/* What a browser adds by itself: a cookie, a password that it was told once. */
static bool has_credentials(const struct request *r)
{
    static const struct slice bearer = SLICE_LITERAL("Bearer ");
    struct slice authorization = field(r, MHD_HTTP_HEADER_AUTHORIZATION);

    if (authorization.len > 0 && !text_equal_nocase(slice_first(authorization, bearer.len), bearer))
        return true;
    return field(r, MHD_HTTP_HEADER_COOKIE).len > 0;
}

static bool refuse_credentials(struct request *r)
{
    error_set(&r->call.error, ERROR_ORIGIN,
              "a page of %.*s sends a cookie or a password, and is let in without them only",
              SLICE_SHOWN(r->origin));
    return error_hint(&r->call.error,
                      "--cors-origins * is of pages that send none; one that may is named there.");
}

static bool refuse(struct request *r)
{
    struct error *e = &r->call.error;

    if (r->origin.len > 0)
        error_set(e, ERROR_ORIGIN, "a page of another origin, %.*s, may change nothing here",
                  SLICE_SHOWN(r->origin));
    else
        error_set(e, ERROR_ORIGIN, "a page of another origin may change nothing here");
    if (r->loop->admin)
        return error_hint(e, "The operators' listener takes no request of a page from elsewhere.");
    return error_hint(e,
                      "Let its pages in with --cors-origins; if it is this server's own behind a "
                      "proxy, the proxy is to pass Host on.");
}

bool origin_check(struct request *r)
{
    const char *origins = r->loop->options->cors_origins;

    if (!changes(r->call.method) || is_own(r) || cors_names(origins, r->origin))
        return true;
    if (!cors_allows(origins, r->origin))
        return refuse(r);
    if (has_credentials(r))
        return refuse_credentials(r);
    return true;
}
