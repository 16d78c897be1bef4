/*
 * Which object of the schema is at fault, for failures that last: SQLite names what is missing,
 * not who refers to it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_CATALOG_BLAME_H
#define THIMBLE_STORE_CATALOG_BLAME_H

#include "base/error.h"
#include "store/catalog/catalog.h"

struct db;

/*
 * Adds to a failure ERROR_BROKEN_… which trigger, foreign key, view, table or index mentions what
 * is missing, as its details: those of `table` (NULL: of none) first. Others are left as they are. Runs
 * queries on `db`, whose last failure is that one no longer.
 */
void blame_schema(struct db *db, const struct table *table, struct error *e);

/*
 * Logs a warning for each table and view of which reading, inserting, updating or deleting does
 * not compile, with the reason and who is to blame.
 */
void blame_at_start(struct db *db, const struct catalog *catalog);

#endif
