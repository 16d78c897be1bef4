/*
 * A header section that was read: whether it is within its limits, and whoever sends it may send it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "http/head.h"

#include "base/text.h"
#include "http/client.h"
#include "http/hosts.h"
#include "http/loop.h"
#include "http/origin.h"
#include "http/rate.h"
#include "http/request.h"
#include "http/who.h"

/* A body that is compressed is not understood; one that is said to be as it is, is. */
static bool check_coding(const struct request *r, struct error *e)
{
    bool takes_body = r->call.method >= METHOD_POST && r->call.method <= METHOD_PATCH;

    if (!takes_body || text_equal_nocase(r->coding, slice_from("identity")))
        return true;
    error_set(e, ERROR_MEDIA_TYPE, "the body has the content coding %.*s",
              (int)(r->coding.len > 40 ? 40 : r->coding.len), r->coding.data);
    return error_hint(e, "Send it as it is, without Content-Encoding.");
}

/* Whoever sends it may send it, and not more than others. What tells who it is has been looked at. */
static bool may_ask(struct request *r)
{
    bool known = !who_matters(r) || who_check(r);

    if (known && client_is_principal(r))
        client_is_known(r);
    if (r->loop->rates && !rate_check(r, known))
        return false;
    return known;
}

bool head_check(struct request *r)
{
    const struct server_options *o = r->loop->options;
    struct error *e = &r->call.error;

    if (!r->target.data)
        return error_set(e, ERROR_MEMORY, "out of memory");
    if (error_is_set(e))
        return false;
    if (r->peer->verdict == LIMIT_TOTAL)
        return error_set(e, ERROR_BUSY, "there are %zu connections already", o->max_connections);
    if (r->peer->verdict == LIMIT_ADDRESS)
        return error_set(e, ERROR_TOO_MANY, "there are %zu connections from this address already",
                         o->max_per_address);
    if (!hosts_check(r) || !origin_check(r))
        return false;
    if (r->target.len > o->max_url) {
        error_set(e, ERROR_URL_TOO_LONG, "the URL has %zu bytes, %zu are allowed", r->target.len,
                  o->max_url);
        return error_hint(e, "Ask with fewer values, POST them to a query at /rpc, or raise "
                             "--max-url.");
    }
    if (r->header_bytes > o->max_headers) {
        error_set(e, ERROR_HEADERS_TOO_LARGE, "the header section has %zu bytes, %zu are allowed",
                  r->header_bytes, o->max_headers);
        return error_hint(e, "Send fewer or shorter fields, or raise --max-headers.");
    }
    if (r->coding.len > 0 && !check_coding(r, e))
        return false;
    return may_ask(r);
}
