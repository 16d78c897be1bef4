/*
 * What the text of a view says that SQLite's API does not: whether rows of several SELECTs are put
 * together, and whether it is one table's rows, each once. Pure.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_CATALOG_VIEW_SHAPE_H
#define THIMBLE_STORE_CATALOG_VIEW_SHAPE_H

#include <stdbool.h>

#include "base/slice.h"

/* Names of tables and views that a view's rows, and its columns' subqueries, come from. */
#define VIEW_SOURCES_MAX 32

struct view_names {
    struct slice list[VIEW_SOURCES_MAX];
    size_t n;
    bool more; /* than there is room for */
};

struct view_shape {
    bool compound; /* UNION, INTERSECT or EXCEPT makes its rows, at any level of FROM */
    /* SELECT … FROM one name, perhaps with WHERE, ORDER BY and LIMIT: no join, no GROUP BY, no
     * DISTINCT. */
    bool one_source;
    struct slice source;      /* …that name */
    struct view_names rows;   /* every name in FROM, of subqueries there and of WITH, too */
    struct view_names values; /* …and in FROM of subqueries among its columns */
};

/* `sql` is CREATE VIEW … as sqlite_schema has it, or a SELECT; the names are slices of it. */
struct view_shape view_shape_read(struct slice sql);

#endif
