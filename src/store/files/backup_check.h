/*
 * Whether a copy is sound: PRAGMA integrity_check (sqlite.org/pragma.html#pragma_integrity_check),
 * where the program has the functions and collations of the schema, and what goes without them where
 * it has not. What rows hold against the schema is the database's own, not damage.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_FILES_BACKUP_CHECK_H
#define THIMBLE_STORE_FILES_BACKUP_CHECK_H

#include "store/files/backup.h"

struct db;

/* ERROR_CORRUPT with what is wrong; else what was counted is in *out. `name` is the file's, for
 * words. False without an error when the copy's progress handler ended it. */
bool backup_check(struct db *copy, const char *name, struct backup_made *out, struct error *e)
    __attribute__((warn_unused_result));

#endif
