/*
 * Tokens of our own: those that accounts are given.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_ACCESS_TOKEN_TOKEN_SIGN_H
#define THIMBLE_ACCESS_TOKEN_TOKEN_SIGN_H

#include "base/buf.h"
#include "base/slice.h"

/*
 * Appends a token in compact form, signed HS256 with `secret`, which has TOKEN_SECRET_MIN bytes at
 * least. `claims` is a JSON object; `kid` names the key in the header, and may be empty: it is of letters,
 * digits, '-' and '_'. Without room `out` has failed.
 */
void token_sign(struct buf *out, struct slice secret, struct slice kid, struct slice claims);

#endif
