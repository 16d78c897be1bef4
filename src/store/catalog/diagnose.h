/*
 * SQLite says "FOREIGN KEY constraint failed" and no more. These find out which key,
 * by asking the same connection, after the failed statement was undone.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_CATALOG_DIAGNOSE_H
#define THIMBLE_STORE_CATALOG_DIAGNOSE_H

#include <stddef.h>

#include "base/error.h"
#include "base/slice.h"
#include "store/db/value.h"

struct db;
struct table;

/*
 * A row with values[i] in table column columns[i] could not be written: rewrites the
 * ERROR_FOREIGN_KEY in `e` to name the first foreign key whose parent row is missing.
 */
void diagnose_missing_parent(struct db *db, const struct table *table, const int *columns,
                             const struct value *values, size_t n, struct error *e);

/*
 * The same for ERROR_UNIQUE: the details say the key's values, if the row gives all of them.
 */
void diagnose_duplicate(const struct table *table, const int *columns, const struct value *values,
                        size_t n, struct error *e);

/*
 * Rows of `table` that match `where` (an SQL condition over the table's columns with
 * parameters ?1…, from the plan; may be empty) could not be deleted or re-keyed:
 * rewrites the error to name the first foreign key that still refers to one of them.
 */
void diagnose_still_referenced(struct db *db, const struct table *table, struct slice where,
                               const struct value *values, size_t n, struct error *e);

#endif
