/*
 * What a reading connection may do.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_DB_AUTHORIZER_H
#define THIMBLE_STORE_DB_AUTHORIZER_H

#include <stdbool.h>

struct sqlite3;

/* From here the connection reads; while *allow_prepare is true, all else may be prepared, too. */
void authorizer_read_only(struct sqlite3 *handle, bool *allow_prepare);

#endif
