/*
 * Refresh tokens: SESSION.COUNTER.MAC. The session is a row of thimble_sessions, the counter says how often
 * it was refreshed, and the MAC that the token is ours: so each use gives another token, none is kept, and
 * an old one that comes back is known as such, however old.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_ACCESS_ACCOUNT_REFRESH_TOKEN_H
#define THIMBLE_ACCESS_ACCOUNT_REFRESH_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

/* An UUID's text, without a NUL. */
#define REFRESH_SESSION 36

#define REFRESH_TOKEN_SIZE 128

/* Writes the token, and a NUL. */
void refresh_token_write(struct slice secret, struct slice session, int64_t counter,
                         char out[REFRESH_TOKEN_SIZE]);

/* Is it one of ours? Then *session is a part of it. */
bool refresh_token_read(struct slice secret, struct slice token, struct slice *session,
                        int64_t *counter);

#endif
