/*
 * Signatures of tokens: the algorithms (RFC 7518 §3), and keys that check them. A key has one
 * algorithm, its own (RFC 8725 §3.1). Keys are immutable once they are made: any thread may check.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_ACCESS_KEY_SIGNATURE_H
#define THIMBLE_ACCESS_KEY_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/slice.h"

enum signature_algorithm {
    SIGNATURE_HS256,
    SIGNATURE_HS384,
    SIGNATURE_HS512,
    SIGNATURE_RS256,
    SIGNATURE_RS384,
    SIGNATURE_RS512,
    SIGNATURE_PS256,
    SIGNATURE_PS384,
    SIGNATURE_PS512,
    SIGNATURE_ES256,
    SIGNATURE_ES384,
};

/* Its name as "alg" has it, "RS256"; static. */
const char *signature_name(enum signature_algorithm algorithm);

/* False if there is none of this name here. */
bool signature_named(struct slice name, enum signature_algorithm *out);

/* "oct", "RSA" or "EC": the "kty" of its keys; static. */
const char *signature_key_type(enum signature_algorithm algorithm);

/* True if checking takes a public key's arithmetic, a tenth of a millisecond to some. */
static inline bool signature_is_costly(enum signature_algorithm algorithm)
{
    return algorithm >= SIGNATURE_RS256;
}

struct signature_key;

/*
 * Keys from their numbers, as bytes, the highest first. NULL with ERROR_FAILURE and what is wrong
 * with it: a secret shorter than its digest (RFC 7518 §3.2), a modulus of fewer than 2048 bits (§3.3),
 * even, or made by a generator whose keys can be factored; an exponent that is even or 1; a point that
 * is not on the curve (§6.2.1.2).
 */
struct signature_key *signature_key_secret(enum signature_algorithm algorithm, struct slice secret,
                                           struct error *e);
struct signature_key *signature_key_rsa(enum signature_algorithm algorithm, struct slice modulus,
                                        struct slice exponent, struct error *e);
struct signature_key *signature_key_curve(enum signature_algorithm algorithm, struct slice x,
                                          struct slice y, struct error *e);
void signature_key_free(struct signature_key *key); /* takes NULL; a secret is overwritten */

/* Is `signature` the key's, of `input`? */
bool signature_check(const struct signature_key *key, struct slice input, struct slice signature);

/* Appends the signature of `input` with a secret: HS256, whatever the length of the secret is. */
void signature_add_hs256(struct buf *out, struct slice secret, struct slice input);

#endif
