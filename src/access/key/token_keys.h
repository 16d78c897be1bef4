/*
 * The keys that tokens are checked with: a set, immutable once it is shared, counted. Threads hand
 * one on by token_keys_hold.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_ACCESS_KEY_TOKEN_KEYS_H
#define THIMBLE_ACCESS_KEY_TOKEN_KEYS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "access/key/signature.h"
#include "base/error.h"
#include "base/slice.h"

#define TOKEN_KEYS_MAX 64

/* A secret that is text has as many bytes at least, as PostgREST demands it. */
#define TOKEN_SECRET_MIN ((size_t)32)

struct token_key {
    enum signature_algorithm algorithm;
    struct slice kid; /* owned; no data: it has none */
    bool any_kid;     /* a secret given as text: what a token calls its key says nothing of it */
    struct signature_key *key;
    unsigned char id[16]; /* of its algorithm, name and numbers: the same key has it in every set */
};

struct token_keys {
    _Atomic unsigned references;
    size_t n;
    struct token_key keys[TOKEN_KEYS_MAX];
};

/* An empty set, one reference; NULL without memory. */
struct token_keys *token_keys_new(void);

/* Adding is for whom the set is its own yet. Each is false with ERROR_FAILURE and what is wrong, and
 * then the set may have a part of it. */

/* A secret for HS256 as it is, not empty and not a PEM file. `kid` may be empty. */
bool token_keys_add_secret(struct token_keys *keys, struct slice secret, struct slice kid,
                           struct error *e) __attribute__((warn_unused_result));

/*
 * A JSON Web Key or a set of them (RFC 7517). Keys that are for something else, or of a kind that is
 * not known here, are passed over (§5), and one at least must be left. One that is weak or broken
 * makes it fail, and so do two of the same name and kind.
 */
bool token_keys_add_jwks(struct token_keys *keys, struct slice json, struct error *e)
    __attribute__((warn_unused_result));

struct token_keys *token_keys_hold(struct token_keys *keys); /* takes NULL */
void token_keys_drop(struct token_keys *keys);               /* takes NULL */

/* Takes the key, also when it fails. `numbers` are what its id is made of. For jwk.c. */
bool token_keys_add(struct token_keys *keys, enum signature_algorithm algorithm, struct slice kid,
                    struct signature_key *key, const struct slice numbers[2], struct error *e)
    __attribute__((warn_unused_result));

#endif
