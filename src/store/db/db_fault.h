/*
 * SQLite's failures as ours: one table of its result codes (sqlite.org/rescode.html) and of the
 * messages that tell one failure of SQLITE_ERROR from another. docs/api.md shows it with
 * the status of each. Pure.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_DB_DB_FAULT_H
#define THIMBLE_STORE_DB_DB_FAULT_H

#include <stdbool.h>

#include "base/error.h"

struct fault {
    enum error_code error;
    const char *words; /* said before SQLite's own words, or NULL */
    const char *hint;  /* or NULL */
};

/* What the code and the message mean; `compiling`: the statement did not compile, it never ran.
 * `system_errno` is that of the failed system call, 0 if none is known. Static, never NULL. */
const struct fault *fault_find(int code, const char *message, bool compiling, int system_errno);

/* "SQLITE_CONSTRAINT_UNIQUE"; the primary code's name where the extended one has none here; NULL. */
const char *fault_code_name(int code);

#endif
