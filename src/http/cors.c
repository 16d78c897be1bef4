/* SPDX-License-Identifier: MIT */
#include "http/cors.h"

#include "base/ascii.h"
#include "base/text.h"
#include "http/authority.h"
#include "http/loop.h"
#include "http/request.h"

static bool is_listed(const char *origins, struct slice origin)
{
    struct slice rest = slice_from(origins), one;

    while (text_next_item(&rest, &one)) {
        if (one.len > 0 && slice_equal(one, origin))
            return true;
    }
    return false;
}

/* Not one origin but any page in a sandbox, of a file, behind a redirection. */
static bool is_null(struct slice origin)
{
    return slice_is(origin, "null");
}

bool cors_names(const char *origins, struct slice origin)
{
    bool is_one = origin.len > 0 && !slice_is(origin, "*") && !is_null(origin);

    return is_one && is_listed(origins, origin);
}

bool cors_allows(const char *origins, struct slice origin)
{
    static const struct slice any = SLICE_LITERAL("*");

    return origin.len > 0 && (is_listed(origins, origin) || is_listed(origins, any));
}

static bool has_capitals(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (ascii_is_upper(text.data[i]))
            return true;
    }
    return false;
}

static bool says_usual_port(const struct origin *o)
{
    const struct origin without = {o->scheme, {o->authority.host, {NULL, 0}}};

    return o->authority.port.len > 0 && slice_equal(o->authority.port, origin_port(&without));
}

/* Why a browser never sends this as an Origin (RFC 6454 §7); NULL: it may. */
static const char *why_never(struct slice one)
{
    static const struct slice colon = SLICE_LITERAL(":"), dot = SLICE_LITERAL(".");
    struct origin o;

    if (one.len == 0)
        return "one of the list is empty";
    if (slice_is(one, "*") || is_null(one))
        return NULL;
    if (!origin_parse(one, &o) || slice_ends(one, colon) || slice_ends(one, dot))
        return "an origin is a scheme and a host, and a port if need be, as https://example.org, "
               "without a path, a / at its end, a user or a *";
    if (has_capitals(one))
        return "browsers send an origin in small letters";
    if (says_usual_port(&o))
        return "browsers leave out the port that the scheme has anyway";
    return NULL;
}

bool cors_check(const char *origins, struct error *e)
{
    struct slice rest = slice_from(origins), one;

    while (origins[0] && text_next_item(&rest, &one)) {
        const char *why = why_never(one);

        if (why)
            return error_set(e, ERROR_USAGE, "--cors-origins: \"%.*s\" can never match: %s",
                             SLICE_SHOWN(one), why);
    }
    return true;
}

static bool is_allowed(const struct request *r)
{
    return r->origin.len > 0 && cors_allows(r->loop->options->cors_origins, r->origin);
}

bool cors_is_preflight(const struct request *r)
{
    return r->call.method == METHOD_OPTIONS && r->asks_method && is_allowed(r);
}

static bool add(struct MHD_Response *response, const char *name, const char *value)
{
    return MHD_add_response_header(response, name, value) == MHD_YES;
}

/* The text as a value of a field of the answer. False without memory. */
static bool add_slice(struct MHD_Response *response, const char *name, struct slice text)
{
    char value[512];

    if (text.len >= sizeof value)
        return true;
    memcpy(value, text.data, text.len);
    value[text.len] = '\0';
    return add(response, name, value);
}

/* A page of an origin that is named may send what the browser knows of the user; one of any may
 * not (fetch.spec.whatwg.org, "CORS protocol and credentials"). */
static bool add_origin(const struct request *r, struct MHD_Response *response)
{
    const char *origins = r->loop->options->cors_origins;

    if (is_null(r->origin) && is_listed(origins, r->origin))
        return add_slice(response, MHD_HTTP_HEADER_ACCESS_CONTROL_ALLOW_ORIGIN, r->origin);
    if (!cors_names(origins, r->origin))
        return add(response, MHD_HTTP_HEADER_ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    return add_slice(response, MHD_HTTP_HEADER_ACCESS_CONTROL_ALLOW_ORIGIN, r->origin) &&
           add(response, "Access-Control-Allow-Credentials", "true");
}

/* Names of fields and commas: nothing else is said back. */
static bool are_names(struct slice list)
{
    static const struct slice marks = SLICE_LITERAL("!#$%&'*+.^_`|~-, ");

    for (size_t i = 0; i < list.len; i++) {
        char c = list.data[i];
        bool letter = (c | 32) >= 'a' && (c | 32) <= 'z';
        bool digit = c >= '0' && c <= '9';

        if (!letter && !digit && !slice_has(marks, c))
            return false;
    }
    return list.len > 0;
}

/* Every field that is asked for: what a field means is decided by who reads it. */
static bool add_preflight(const struct request *r, struct MHD_Response *response)
{
    struct slice names = r->asked_headers;

    if (!are_names(names))
        names = (struct slice)SLICE_LITERAL("Accept, Authorization, Content-Type, Prefer");
    return add(response, "Access-Control-Allow-Methods",
               "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS") &&
           add_slice(response, "Access-Control-Allow-Headers", names) &&
           add(response, "Access-Control-Max-Age", "86400");
}

bool cors_add(const struct request *r, struct MHD_Response *response)
{
    if (!is_allowed(r))
        return true;
    if (!add_origin(r, response))
        return false;
    if (cors_is_preflight(r))
        return add_preflight(r, response);
    return add(response, "Access-Control-Expose-Headers",
               "Accept-Encoding, Allow, Content-Range, ETag, Link, Location, Preference-Applied, "
               "Proxy-Status, RateLimit, RateLimit-Policy, Retry-After, Server-Timing, Warning, "
               "X-Request-Id");
}
