/*
 * The steps of reading a catalogue. Private to the catalog_*.c files.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_CATALOG_CATALOG_LOAD_H
#define THIMBLE_STORE_CATALOG_CATALOG_LOAD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/log.h"
#include "store/catalog/catalog.h"
#include "store/catalog/view_shape.h"
#include "store/db/statement.h"

struct db;
struct routine;
struct routine_set;
struct routine_source;

/* Memory of one catalogue. */
#define CATALOG_MAX ((size_t)64 << 20)

struct virtual_table;

struct load {
    struct db *db;
    struct arena *arena;
    const struct virtual_table *virtuals;
    struct table *tables; /* growing */
    size_t n_tables;
    struct unserved *unserved; /* growing */
    size_t n_unserved;
    bool strict;               /* a routine that does not compile fails the catalogue */
    struct log_some *warnings; /* of what cannot be served as it is */
    struct error *error;
};

/* A growing array in the arena: room for one more of `size` bytes; NULL without memory. */
void *load_grow(struct load *l, void *items, size_t n, size_t size);

/* Zeroed memory, or NULL with the error recorded. */
void *load_alloc(struct load *l, size_t count, size_t size);

/* A NUL-terminated copy; "" (and failed) without memory. */
const char *load_copy(struct load *l, struct slice text);

/* A NUL-terminated copy of a text column; "" for NULL. */
const char *load_text(struct load *l, struct statement *st, int column);

/* The statement for `sql` with ?1 bound to `name`, or NULL. */
struct statement *load_query(struct load *l, const char *sql, struct slice name);

/* By name without regard to case, as SQLite compares identifiers. */
struct table *load_find_table(struct load *l, struct slice name);
int load_find_column(const struct table *table, struct slice name);

/* Fills in a column's names, type and kind. */
void load_column(struct load *l, struct slice name, const char *type, struct column *column);

/* Declares a column's type anew: upper case, and its kind. */
void load_column_type(struct load *l, struct column *column, struct slice type);

/* The name as an SQL identifier: "name" with its double quotes doubled
 * (sqlite.org/lang_keywords.html). */
const char *load_quote(struct load *l, struct slice name);

/* Notes in the growing list that `name` is there and cannot be read. */
bool load_leave_out(struct load *l, struct unserved **list, size_t *n, struct slice name,
                    const struct error *cause);

/* SELECT * FROM the quoted name, prepared; NULL with the error. */
struct statement *load_select_all(struct load *l, const char *quoted);

/* Every table and view with its columns, rights and primary key. */
bool load_tables(struct load *l);

/* The table's columns and its primary key; those that cannot be read are left out. */
bool load_columns(struct load *l, struct table *table);
bool load_key(struct load *l, struct table *table, bool without_rowid);

/* The virtual tables; whether a table is one that such a table keeps its own in. */
bool load_virtuals(struct load *l);
bool load_is_shadow(const struct load *l, struct slice name);

/* Which writes the table or view takes, and whether it has triggers. */
bool load_rights(struct load *l, struct table *table);

/* The names of all triggers. */
bool load_triggers(struct load *l, struct catalog *catalog);

/* Unique keys and foreign keys of all tables, both directions. */
bool load_unique_keys(struct load *l);
bool load_foreign_keys(struct load *l);

/* table_column_column_suffix, as PostgreSQL names a constraint that has no name. */
const char *load_key_name(struct load *l, const struct table *table, const int *columns, size_t n,
                          const char *suffix);

/* True if the columns are, in any order, exactly one of the table's unique keys. */
bool load_is_unique(const struct table *table, const int *columns, size_t n);

/* Adds the key to those of `table`; to those that point to `table`. */
bool load_add_foreign(struct load *l, struct table *table, const struct foreign_key *key);
bool load_add_referring(struct load *l, struct table *table, const struct foreign_key *key);

/* Which table and column each column of a view comes from. */
struct origins {
    struct table *view;
    const struct table **tables; /* NULL: an expression */
    int *columns;
    bool one_way;                   /* a named query's: it sees relations, others do not see it */
    const struct view_shape *shape; /* NULL: not known */
};

/* The origins of the columns of `st`, a SELECT of all columns of the view. */
bool load_origins(struct load *l, struct statement *st, struct table *view, struct origins *out);

/* The types of a view's columns that are expressions, as far as their text says them; `st` is a
 * statement with the view's columns, `sql` its own text. */
void load_inferred(struct load *l, struct statement *st, struct slice sql, struct table *view);

/* Foreign keys of tables whose columns the view shows: as its own; as pointing to it (the first
 * counts[t] keys of each table, NULL: all). */
bool load_view_children(struct load *l, const struct origins *o);
bool load_view_parents(struct load *l, const struct origins *o, const size_t *counts);

/* Takes away the origins of what is UNION and its like, and gives views their primary keys. */
void load_view_shapes(struct load *l, struct origins *views, size_t n);

/* The same for all views. */
bool load_view_keys(struct load *l);

/* Full-text indexes of all tables. */
bool load_fts(struct load *l);

/* What the rows of a named query are, as a table; `st` is its last statement. */
bool load_routine_result(struct load *l, const struct routine_source *s, struct statement *st,
                         struct table *result);

/* The named queries that compile. */
bool load_routines(struct load *l, const struct routine_set *set, struct routine **out, size_t *n);

#endif
