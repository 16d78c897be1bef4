/*
 * The records of an imported file as rows of a table: values by the rules of request bodies. One
 * row at a time, in memory that one row needs. In the caller's memory; row_in_finish frees the rest.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_RESOURCE_ROW_IN_H
#define THIMBLE_RESOURCE_ROW_IN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/slice.h"
#include "query/plan.h"
#include "store/catalog/catalog.h"
#include "store/db/value.h"

struct row_in {
    const struct table *table; /* borrowed */
    int64_t max_depth;         /* nesting of JSON */

    /* The row: values[i] is for set[i]. Columns that the database computes are in neither. */
    struct assignment *set;
    struct value *values;
    size_t n_set;
    bool reshaped; /* `set` is another than that of the row before */

    /* row_in.c's own */
    struct arena keep;  /* what lives as long as this */
    struct arena arena; /* the row's values */
    struct value *by_column;
    bool *given;
    size_t n_fields;
    int *fields; /* CSV: the place of each field in `set`; -1: passed over */
};

/* For records of `max` bytes at most. False with ERROR_MEMORY. Finish it in either case. */
bool row_in_init(struct row_in *in, const struct table *table, size_t max, int64_t max_depth,
                 struct error *e) __attribute__((warn_unused_result));
void row_in_finish(struct row_in *in);

/*
 * The first record of a CSV file: the columns of every row. False with ERROR_BODY (a column twice)
 * or ERROR_NO_BODY_COLUMN.
 */
bool row_in_header(struct row_in *in, struct slice text, struct error *e)
    __attribute__((warn_unused_result));

/*
 * A record of CSV, or a line that is a JSON object. Without quotes, nothing and NULL are NULL.
 * Values borrow from `text` and live until the next call. False with ERROR_BODY,
 * ERROR_NO_BODY_COLUMN, ERROR_VALUE or ERROR_MEMORY.
 */
bool row_in_csv(struct row_in *in, struct slice text, struct error *e)
    __attribute__((warn_unused_result));
bool row_in_json(struct row_in *in, struct slice text, struct error *e)
    __attribute__((warn_unused_result));

#endif
