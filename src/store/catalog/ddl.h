/*
 * What SQLite keeps only as text: the names of foreign keys in a CREATE TABLE, the table that
 * a full-text index is over, defaults, the condition of a partial index.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_CATALOG_DDL_H
#define THIMBLE_STORE_CATALOG_DDL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/slice.h"

/*
 * names[0…n) become the CONSTRAINT names of the table's foreign keys in the order of
 * definition, NULL for one without a name; all NULL if the text does not hold exactly n
 * foreign keys. Names live in `arena`.
 */
void ddl_foreign_key_names(struct arena *arena, struct slice sql, const char **names, size_t n);

/* The module of a CREATE VIRTUAL TABLE, or an empty slice if it is none. Borrowed from `sql`. */
struct slice ddl_module(struct slice sql);

/*
 * True if the CREATE VIRTUAL TABLE makes an FTS5 table; *content and *content_rowid are then
 * its options of these names (sqlite.org/fts5.html §4.4.3), or empty. Borrowed from `sql`.
 */
bool ddl_fts5(struct slice sql, struct slice *content, struct slice *content_rowid);

/*
 * A column's DEFAULT as an expression that means the same in any statement. SQLite takes a name
 * there, and what is in double quotes, for a text; elsewhere they are columns. NUL-terminated, in
 * `arena`; NULL without memory.
 */
const char *ddl_default(struct arena *arena, struct slice sql);

/* The condition after WHERE of a CREATE INDEX, with a line's end after it; NULL if there is none.
 * In `arena`. */
const char *ddl_index_where(struct arena *arena, struct slice sql);

#endif
