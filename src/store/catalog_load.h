/*
 * The steps of reading a catalogue. Private to catalog_load.c and catalog_keys.c.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_CATALOG_LOAD_H
#define THIMBLE_STORE_CATALOG_LOAD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "store/catalog.h"
#include "store/statement.h"

struct db;

/* Memory of one catalogue. */
#define CATALOG_MAX ((size_t)64 << 20)

struct load {
    struct db *db;
    struct arena *arena;
    struct table *tables; /* growing */
    size_t n_tables;
    struct error *error;
};

/* A growing array in the arena: room for one more of `size` bytes; NULL without memory. */
void *load_grow(struct load *l, void *items, size_t n, size_t size);

/* Zeroed memory, or NULL with the error recorded. */
void *load_alloc(struct load *l, size_t count, size_t size);

/* A NUL-terminated copy of a text column; "" for NULL. */
const char *load_text(struct load *l, struct statement *st, int column);

/* The statement for `sql` with ?1 bound to `name`, or NULL. */
struct statement *load_query(struct load *l, const char *sql, struct slice name);

/* By name without regard to case, as SQLite compares identifiers. */
struct table *load_find_table(struct load *l, struct slice name);
int load_find_column(const struct table *table, struct slice name);

/* Which writes the table or view takes, and whether it has triggers. */
bool load_rights(struct load *l, struct table *table);

/* Unique keys and foreign keys of all tables, both directions. */
bool load_unique_keys(struct load *l);
bool load_foreign_keys(struct load *l);

#endif
