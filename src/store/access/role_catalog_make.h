/*
 * The steps of making a role's catalogue. Private to the role_*.c files.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_ACCESS_ROLE_CATALOG_MAKE_H
#define THIMBLE_STORE_ACCESS_ROLE_CATALOG_MAKE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "store/catalog/catalog.h"

/* Where a column of the whole table is among the role's, -1: nowhere. */
struct role_table_map {
    int *column;         /* by the column's place in the whole table */
    struct table *table; /* the role's; NULL: it has no right to the table */
};

struct making {
    const struct catalog *whole;
    struct catalog *part;
    size_t role;
    bool steady;                /* access_is_steady */
    struct table *tables;       /* the part's: they are its own while it is made */
    struct role_table_map *map; /* by the table's place in the whole catalogue */
    struct error *error;
};

/* Zeroed memory of the part's, or NULL with the error. */
void *making_alloc(struct making *m, size_t count, size_t size);

/* A text of the part's by a printf-style format; "" with the error. */
const char *making_text(struct making *m, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The tables that the role has a right to, with its columns, its names and its key. */
bool role_tables(struct making *m);

/* Unique keys, foreign keys and full-text indexes of those tables, as far as the role may read them. */
bool role_keys(struct making *m);

/* The columns of the whole table among the role's, in the part's memory; *all: the role may read
 * each. NULL with the error. */
int *role_columns(struct making *m, const struct table *whole, const int *columns, size_t n,
                  bool *all);

#endif
