/*
 * JSON Web Tokens (RFC 7519): from a token to who it is of, or why not, in PostgREST's words.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_ACCESS_TOKEN_JWT_H
#define THIMBLE_ACCESS_TOKEN_JWT_H

#include <stdbool.h>
#include <stdint.h>

#include "access/token/claim_path.h"
#include "access/principal.h"
#include "access/key/token_keys.h"
#include "base/arena.h"
#include "base/error.h"

/* How far clocks may be apart: as in PostgREST. */
#define TOKEN_LEEWAY_S 30

struct token_options {
    struct claim_path role;
    struct slice audience, issuer; /* a token must have them; empty: any */
};

/* The options' defaults: the role is the claim "role". */
void token_options_init(struct token_options *options);

/*
 * Whose token it is. What `out` points to is in the arena; a role that the token does not have is
 * empty. `out->expires_s` has the leeway in it. False with ERROR_NO_SECRET (there are no keys),
 * ERROR_TOKEN, ERROR_CLAIMS or ERROR_MEMORY: no word of the token is in the error. May take some
 * milliseconds: access/token/token_gate.h keeps what was found, and bounds that.
 */
bool token_verify(const struct token_keys *keys, const struct token_options *options,
                  struct slice token, int64_t now_s, struct arena *arena, struct principal *out,
                  struct error *e) __attribute__((warn_unused_result));

/* Server lacks JWT secret. Always false. */
bool token_no_secret(struct error *e);

/* The claims alone: is this object one that holds now, and of whom? As token_verify. */
bool token_claims(struct slice claims, const struct token_options *options, int64_t now_s,
                  struct arena *arena, struct principal *out, struct error *e)
    __attribute__((warn_unused_result));

#endif
