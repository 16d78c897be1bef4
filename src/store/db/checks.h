/*
 * SQL functions of a role's writes, and of the triggers that look at them (store/access/role_view_text.h):
 *
 *   thimble_checks(serial, table, trigger, rowid)   is the statement that runs of the role of the catalogue
 *       with that serial number, and does it write the table of that number itself, in the way that the
 *       trigger looks at? Its own triggers and foreign keys have their owner's rights: another row than
 *       the one that the statement has said to be at is theirs. NULL for a rowid: any row is the statement's.
 *   thimble_at(rowid, value)   the value, for the row of which the statement says that it is at it. SQLite
 *       asks for an UPDATE's values row by row, before the row's triggers.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_DB_CHECKS_H
#define THIMBLE_STORE_DB_CHECKS_H

#include <stdbool.h>

#include "base/error.h"

struct db;

/* Registers it. */
bool checks_register(struct db *db, struct error *e) __attribute__((warn_unused_result));

#endif
