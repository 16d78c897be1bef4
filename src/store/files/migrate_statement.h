/*
 * Statements that a migration cannot hold, in words that help: it runs in a transaction of its
 * own, on the one database that is served.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_FILES_MIGRATE_STATEMENT_H
#define THIMBLE_STORE_FILES_MIGRATE_STATEMENT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * What to tell of the statement that `sql` begins with, which stands at its first byte: false and
 * words in `why` (of `size` bytes) if it cannot be part of a migration. All else is SQLite's to
 * judge.
 */
bool migrate_statement_allowed(const char *sql, char *why, size_t size)
    __attribute__((warn_unused_result));

#endif
