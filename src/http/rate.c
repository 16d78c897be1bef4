/* SPDX-License-Identifier: MIT */
#include "http/rate.h"

#include <stdio.h>

#include "http/account_route.h"
#include "http/client.h"
#include "http/cors.h"
#include "http/fields.h"
#include "http/loop.h"
#include "http/request.h"
#include "http/route.h"

/* Probes are not; who signs up or in is, by address: that is where passwords are guessed. */
static bool is_counted(const struct request *r)
{
    if (r->loop->admin || cors_is_preflight(r))
        return false;
    return !route_is_open(&r->call) || account_route(&r->call);
}

static bool is_over(struct request *r)
{
    struct error *e = &r->call.error;

    error_clear(e); /* that a token is wrong is told as often as anything else */
    error_set(e, ERROR_RATE, "there were more requests than %s", r->quota.rate->text);
    e->retry_after = (int)r->quota.seconds;
    return error_hint(
        e, "Wait as long as Retry-After says; RateLimit says how many may come at once.");
}

bool rate_check(struct request *r, bool known)
{
    enum rate_class of = RATE_ANONYMOUS;
    uint64_t client[2];

    if (!is_counted(r))
        return true;
    if (known && client_is_principal(r))
        of = RATE_KNOWN;
    client_key(r, of == RATE_KNOWN, client);
    if (client[0] == 0 && client[1] == 0) /* a unix socket's peer, of whom nobody says who it is */
        return true;
    if (rate_limit_take(r->loop->rates, of, client, r->call.now_us, &r->quota))
        return true;
    return is_over(r);
}

bool rate_fields(const struct request *r, struct MHD_Response *response)
{
    static const struct slice policy = SLICE_LITERAL("RateLimit-Policy"),
                              limit = SLICE_LITERAL("RateLimit");
    const struct rate_quota *q = &r->quota;
    struct slice text;
    char value[64];
    int name;

    if (!q->rate)
        return true;
    text = slice_from(q->rate->policy);
    name = (int)(slice_find(text, ';'));
    snprintf(value, sizeof value, "%.*s;r=%lld;t=%lld", name, text.data, (long long)q->remaining,
             (long long)q->seconds);
    (void)response;
    return fields_own(r, policy, text) && fields_own(r, limit, slice_from(value));
}
