/*
 * Signed tokens in their compact form (RFC 7515 §7.1): three parts, a header that says how, and which
 * keys may have signed it. The header chooses among a set's keys, never how one of them is used.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_ACCESS_TOKEN_JWS_H
#define THIMBLE_ACCESS_TOKEN_JWS_H

#include <stdbool.h>
#include <stddef.h>

#include "access/key/token_keys.h"
#include "base/arena.h"
#include "base/error.h"

/* No longer token is looked at; --max-headers says less by default. */
#define JWS_LENGTH_MAX ((size_t)64 << 10)

/* A token that does not name its key is tried with no more of them. */
#define JWS_CANDIDATES_MAX 4

struct jws {
    enum signature_algorithm algorithm;
    struct slice kid;       /* no data: it names no key */
    struct slice input;     /* what is signed: the first two parts, as they came */
    struct slice payload;   /* the second part, not decoded */
    struct slice signature; /* bytes, in the arena */
};

/*
 * Reads the parts and the header. False with ERROR_TOKEN in PostgREST's words: for what is no such
 * token, for other algorithms and none, for "crit", "b64" and "zip" (nothing that a header may demand is
 * understood here), for encrypted and nested tokens, for tokens of another type (RFC 8725 §3.11).
 */
bool jws_read(struct slice token, struct arena *arena, struct jws *out, struct error *e)
    __attribute__((warn_unused_result));

/* The keys that may have signed it, in the set's order: of its algorithm and, if it names one, of its
 * name. */
size_t jws_candidates(const struct jws *jws, const struct token_keys *keys,
                      const struct token_key *out[JWS_CANDIDATES_MAX]);

/* The one that has; NULL: none. Takes up to some milliseconds for each (signature_is_costly). */
const struct token_key *jws_signer(const struct jws *jws, const struct token_key *const *candidates,
                                   size_t n);

/* The payload's bytes, in the arena. False with ERROR_TOKEN, or ERROR_MEMORY. */
bool jws_payload(const struct jws *jws, struct arena *arena, struct slice *out, struct error *e)
    __attribute__((warn_unused_result));

/* ERROR_TOKEN: none of the keys fits. Always false. */
bool jws_no_key(struct error *e);

#endif
