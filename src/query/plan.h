/*
 * From a tree and the catalogue to SQL text and the values to bind. Every identifier
 * in the text comes from the catalogue, every value is a parameter; requests of equal
 * shape give equal text, so that they meet the same prepared statement. Runs nothing.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_QUERY_PLAN_H
#define THIMBLE_QUERY_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "query/tree.h"
#include "store/catalog.h"
#include "store/value.h"

/* A column of the answer: how json_out writes it. */
struct output {
    struct slice key; /* the JSON name, escaped, quoted, with its colon: "title": */
    enum column_kind kind;
};

struct plan {
    struct slice sql;           /* NUL-terminated */
    const struct value *values; /* for the parameters after the first `n_leading` */
    size_t n_values;
    size_t n_leading; /* parameters 1…n_leading are the caller's (the body's values) */
    const struct output *outputs;
    size_t n_outputs; /* columns that SELECT or RETURNING gives */
};

/* What a write gives back. */
enum returning {
    RETURNING_NOTHING,
    RETURNING_KEY,    /* the primary key's columns, in key order */
    RETURNING_SELECT, /* what the tree's select asks for */
};

/* One column that a write sets, from the parameter of the same position. */
struct assignment {
    int column; /* index into table->columns */
    bool merge; /* RFC 7396: merge into the JSON that is there, do not replace it */
};

/*
 * All: false with ERROR_NO_COLUMN (with "did you mean"), ERROR_VALUE (a filter's value
 * does not fit its column), ERROR_SYNTAX or ERROR_MEMORY. Text and values in `arena`.
 */

/* SELECT … WHERE … ORDER BY … LIMIT min(limit, max_rows) OFFSET …; max_rows 0: no limit. */
bool plan_select(struct arena *arena, const struct table *table, const struct query_tree *tree,
                 int64_t max_rows, struct plan *out, struct error *e)
    __attribute__((warn_unused_result));

/* SELECT count(*) of the rows that match, whatever limit and offset say. */
bool plan_count(struct arena *arena, const struct table *table, const struct query_tree *tree,
                struct plan *out, struct error *e) __attribute__((warn_unused_result));

/* SELECT of the row whose key is bound to parameters 1…n_key (n_leading): what a write made. */
bool plan_select_key(struct arena *arena, const struct table *table, const struct query_tree *tree,
                     struct plan *out, struct error *e) __attribute__((warn_unused_result));

/* INSERT of one row with the given columns; n == 0 is DEFAULT VALUES. */
bool plan_insert(struct arena *arena, const struct table *table, const struct assignment *set,
                 size_t n, const struct query_tree *tree, enum returning returning,
                 struct plan *out, struct error *e) __attribute__((warn_unused_result));

/*
 * INSERT … ON CONFLICT (primary key) DO UPDATE of every other column: a column that is
 * not in `set` goes to its default (or NULL). `set` must hold the whole key.
 */
bool plan_replace(struct arena *arena, const struct table *table, const struct assignment *set,
                  size_t n, const struct query_tree *tree, enum returning returning,
                  struct plan *out, struct error *e) __attribute__((warn_unused_result));

/* UPDATE of the rows that match the tree's filter (order, limit and offset are not looked at). */
bool plan_update(struct arena *arena, const struct table *table, const struct assignment *set,
                 size_t n, const struct query_tree *tree, enum returning returning,
                 struct plan *out, struct error *e) __attribute__((warn_unused_result));

/* DELETE of the rows that match the tree's filter. */
bool plan_delete(struct arena *arena, const struct table *table, const struct query_tree *tree,
                 enum returning returning, struct plan *out, struct error *e)
    __attribute__((warn_unused_result));

/* The filter alone as an SQL condition (no WHERE; "" when every row matches), parameters
 * from ?1; sql, values and n_values of `out` are set. */
bool plan_where(struct arena *arena, const struct table *table, const struct query_tree *tree,
                struct plan *out, struct error *e) __attribute__((warn_unused_result));

/*
 * A filter that matches the row whose key is keys[0…n) (decoded path segments). False with
 * ERROR_NO_ROUTE when the table has no primary key or a key of another number of columns.
 */
bool plan_key_filter(struct arena *arena, const struct table *table, const struct slice *keys,
                     size_t n, struct condition **out, struct error *e)
    __attribute__((warn_unused_result));

/*
 * The value of `text` for a column: as a filter, a path segment or a CSV field means it.
 * Integers and numbers must parse, booleans are true/false/t/f/1/0, blobs base64. False
 * with ERROR_VALUE naming column and type. Bytes are borrowed from `text` or in `arena`.
 */
bool plan_value(struct arena *arena, const struct column *column, struct slice text,
                struct value *out, struct error *e) __attribute__((warn_unused_result));

#endif
