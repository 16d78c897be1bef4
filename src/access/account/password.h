/*
 * Passwords as they are kept: Argon2id (RFC 9106), 19 MiB and two passes as OWASP's password storage cheat
 * sheet has it, spelled as a PHC string, "$argon2id$v=19$m=19456,t=2,p=1$salt$hash". Some tens of
 * milliseconds and 19 MiB each time, which are the system's again afterwards: for access/account/password_worker.h,
 * and for commands.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_ACCESS_ACCOUNT_PASSWORD_H
#define THIMBLE_ACCESS_ACCOUNT_PASSWORD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/slice.h"

/* What a password may have: bytes. */
#define PASSWORD_MIN 8
#define PASSWORD_MAX 1024

/* Room for a PHC string and its NUL. */
#define PASSWORD_PHC_SIZE 128

/* What making or comparing one takes, as long as that lasts: bytes, which --memory does not count. */
#define PASSWORD_MEMORY ((size_t)19 << 20)

/* Makes the PHC string of a password with a new salt. False with ERROR_MEMORY or ERROR_INTERNAL. */
bool password_hash(struct slice password, char out[PASSWORD_PHC_SIZE], struct error *e)
    __attribute__((warn_unused_result));

/* Is it the password of that PHC string? One that is malformed has none. False with an error only as
 * above. */
bool password_check(struct slice password, struct slice phc, bool *is, struct error *e)
    __attribute__((warn_unused_result));

/* A PHC string that no password has, to be compared with where there is no account. */
extern const char password_nobody[];

#endif
