/*
 * A savepoint around one row, within a transaction. The connection's thread.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_DB_SAVEPOINT_H
#define THIMBLE_STORE_DB_SAVEPOINT_H

#include <stdbool.h>

#include "base/error.h"

struct db;

bool savepoint_begin(struct db *db, struct error *e) __attribute__((warn_unused_result));
bool savepoint_release(struct db *db, struct error *e) __attribute__((warn_unused_result));

/* Back to the savepoint, which is gone then; if that cannot be, nothing of the transaction stays. */
void savepoint_undo(struct db *db);

#endif
