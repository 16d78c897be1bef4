/* SPDX-License-Identifier: MIT */
#include "http/who.h"

#include <stdio.h>
#include <time.h>

#include "access/authenticate.h"
#include "http/cors.h"
#include "http/loop.h"
#include "http/route.h"

/* Preflights have no credentials (fetch.spec.whatwg.org, "CORS-preflight fetch"). */
static bool needs_nobody(const struct request *r)
{
    return cors_is_preflight(r) || route_is_open(&r->call);
}

static bool is_too_far(struct error *e)
{
    error_set(e, ERROR_NOT_NEAR, "this service answers callers on loopback and private networks");
    return error_hint(e, "Nothing says who may do what here: say it in access files (--access), or "
                         "let anybody do everything: --open-to any.");
}

static bool identify(struct request *r)
{
    struct call *call = &r->call;
    const struct authentication with = {
        .authenticator = &r->loop->authenticator,
        .reader = call->reader,
        .now_s = (int64_t)time(NULL),
        .now_us = call->now_us,
        .address = address_key(r->client),
    };

    if (!authenticate(&with, &r->credentials, &call->arena, &r->principal, &call->error))
        return false;
    call->who.role = r->principal.role;
    call->who.claims = r->principal.claims;
    call->anonymous = slice_equal(r->principal.role, r->loop->authenticator.anonymous.role);
    return true;
}

bool who_check(struct request *r)
{
    /* The operators' listener asks nobody for a token. */
    bool has_access = !r->loop->admin && store_has_access(r->call.service->store);

    if (needs_nobody(r))
        return true;
    if (has_access)
        return identify(r);
    return !r->is_far || is_too_far(&r->call.error);
}

static bool is_invalid_token(enum error_code code)
{
    return code == ERROR_TOKEN || code == ERROR_KEY || code == ERROR_CLAIMS;
}

/* What a quoted string may have in it (RFC 6750 §3: %x20-21 / %x23-5B / %x5D-7E). */
static char quotable(char c)
{
    bool is_plain = c >= ' ' && c <= '~' && c != '"' && c != '\\';

    if (is_plain)
        return c;
    return '\'';
}

void who_challenge(const struct error *e, char out[WHO_CHALLENGE_MAX])
{
    int n;

    if (!is_invalid_token(e->code)) {
        snprintf(out, WHO_CHALLENGE_MAX, "Bearer");
        return;
    }
    n = snprintf(out, WHO_CHALLENGE_MAX, "Bearer error=\"invalid_token\", error_description=\"");
    for (const char *c = e->message; *c && n < WHO_CHALLENGE_MAX - 2; c++)
        out[n++] = quotable(*c);
    memcpy(out + n, "\"", 2);
}
