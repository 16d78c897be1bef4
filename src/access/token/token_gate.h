/*
 * Tokens as an event loop meets them: what was verified before is known, what fails may not cost much, and
 * the rest is verified. One for each loop, whose thread uses it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_ACCESS_TOKEN_TOKEN_GATE_H
#define THIMBLE_ACCESS_TOKEN_TOKEN_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "access/token/forgery.h"
#include "access/token/jwt.h"
#include "access/key/key_ring.h"
#include "access/token/token_cache.h"
#include "base/metrics.h"

/* Tokens that failed, by their SHA-256: sent again, they cost no arithmetic. */
#define TOKEN_GATE_FAILED 256

struct token_gate_options {
    struct key_ring *ring;              /* NULL: there are no keys, nor will be */
    const struct token_options *tokens; /* borrowed */
    int64_t cache;                      /* --token-cache */
    int64_t failures;                   /* --token-failures */
};

/* What it did; any thread may read it. */
struct token_gate_counts {
    struct counter known, verified, failed, limited;
};

struct token_gate {
    const struct token_gate_options *options; /* borrowed */
    struct token_keys *keys;                  /* a reference: those in force when it last looked */
    uint64_t version;
    struct token_cache cache;
    struct forgery forgery;
    struct failed_tokens *failed; /* NULL: none yet */
    struct token_gate_counts counts;
};

/* Who sends a token, and when. */
struct token_caller {
    struct limit_key address;
    int64_t now_us; /* clock_us */
    int64_t now_s;  /* since 1970 */
};

/* Takes no memory. `seed` is a secret. */
void token_gate_init(struct token_gate *gate, const struct token_gate_options *options,
                     uint64_t seed);
void token_gate_finish(struct token_gate *gate);

/*
 * Whose token it is, as token_verify, and what `out` points to is in the arena. False also with
 * ERROR_TOO_MANY and retry_after: too many tokens of this address, or of all, had signatures that were
 * none; and with ERROR_BUSY and retry_after: the keys are being fetched.
 */
bool token_gate_verify(struct token_gate *gate, struct slice token,
                       const struct token_caller *caller, struct arena *arena,
                       struct principal *out, struct error *e) __attribute__((warn_unused_result));

#endif
