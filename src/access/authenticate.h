/*
 * From what a request says of who sent it to a principal: a bearer token or an API key, or nothing,
 * which is the anonymous role if there is one.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_ACCESS_AUTHENTICATE_H
#define THIMBLE_ACCESS_AUTHENTICATE_H

#include <stdbool.h>
#include <stdint.h>

#include "access/api_key.h"
#include "access/principal.h"
#include "access/token/token_gate.h"
#include "base/arena.h"
#include "base/error.h"

struct access;
struct reader;

/* The header fields as received; no data: not there. */
struct credentials {
    struct slice authorization, apikey, x_api_key;
};

#define AUTHENTICATE_ROLE_MAX 128

/* What credentials are looked at with: one for each event loop, whose thread uses it. */
struct authenticator {
    struct principal anonymous; /* whoever sends none; its role empty: nobody may */
    char claims[6 * AUTHENTICATE_ROLE_MAX + 16]; /* …its claims */
    struct api_keys keys;
    struct token_gate tokens;
};

/* With the anonymous role, a text that outlives it; "": there is none. `seed` is a secret. Takes no
 * memory yet. False with ERROR_USAGE if the name is too long. */
bool authenticator_init(struct authenticator *a, const char *anonymous,
                        const struct token_gate_options *tokens, uint64_t seed, struct error *e)
    __attribute__((warn_unused_result));
void authenticator_finish(struct authenticator *a);

/* One look at credentials. */
struct authentication {
    struct authenticator *authenticator;
    struct reader *reader;    /* the loop's */
    int64_t now_s;            /* since 1970 */
    int64_t now_us;           /* clock_us */
    struct limit_key address; /* the client's */
};

/*
 * Who sent them. `Authorization: Bearer` decides where it is there; another scheme is a proxy's, and
 * nothing to us (PostgREST ignores it, too). Then apikey, then X-API-Key: supabase-js sends one in both,
 * and a user's token as the bearer alone. What `out` points to is in the arena, or lives as long as
 * the authenticator. False with ERROR_NO_CREDENTIALS, ERROR_NO_SECRET, ERROR_TOKEN, ERROR_KEY,
 * ERROR_CLAIMS, ERROR_TOO_MANY, ERROR_BUSY or ERROR_MEMORY; no word of a token or a key is in the error.
 */
bool authenticate(const struct authentication *with, const struct credentials *credentials,
                  struct arena *arena, struct principal *out, struct error *e)
    __attribute__((warn_unused_result));

/* Is the anonymous role ("": none) one of the access files? False with ERROR_USAGE, which has the
 * nearest name. */
bool authenticate_knows(const struct access *access, const char *anonymous, struct error *e)
    __attribute__((warn_unused_result));

#endif
