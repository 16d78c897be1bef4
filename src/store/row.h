/*
 * How rows leave this floor: whoever wants some says what is asked (a query) and what becomes of each row
 * (a sink), and gets every row by one call of the sink. Statements and connections stay here.
 *
 * A row is the engine's own, not a copy: looking at a column of it is one call into SQLite.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_ROW_H
#define THIMBLE_STORE_ROW_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/slice.h"
#include "store/db/value.h"

struct statement;

/* Where a statement was found the last time: whoever runs a text again and again spares the next search.
 * Zeroed at first; store/db/statement.c's own. One thread. */
struct statement_ref {
    struct statement *statement;
    uint64_t moment; /* of its connection's cache */
};

/* A statement and the values of its parameters, in order. Borrowed until it has run. */
struct query {
    struct slice sql;
    const struct value *values;
    size_t n_values;
    struct statement_ref *ref; /* of this very text, or NULL */
};

/* The row that a sink is given: no longer there when the sink returns. */
struct row;

/* Columns of a row, counted from 0. Bytes live as long as the row: text in UTF-8, or a blob. */
struct value row_value(const struct row *row, size_t column);
enum value_type row_type(const struct row *row, size_t column);
int64_t row_integer(const struct row *row, size_t column);
struct slice row_bytes(const struct row *row, size_t column);

/*
 * The same for whoever looks at most columns of a row: row_cells looks the row up once, row_cell the
 * column in it. They go where the row goes.
 */
struct row_cells {
    const struct row *row;
    char *first; /* the first value; NULL: each is looked up */
    size_t step;
};

struct row_cells row_cells(const struct row *row, size_t n);
struct value row_cell(const struct row_cells *cells, size_t column);

/* Columns that tell a row apart from others, at most (store/db/keys.h). */
#define ROW_KEYS_MAX 64

/* What a sink says of the rows that come after. */
enum row_verdict {
    ROW_MORE,   /* they are wanted */
    ROW_PAUSE,  /* they are wanted, but not now: the reading is left here, where it can be */
    ROW_ENOUGH, /* they are not: the reading is at its end, and well */
    ROW_FAILED, /* the error is set: the reading has failed */
};

/* How a reading came out of its rows. */
enum reading_state {
    READING_ENDED,  /* there are no more, or the sink had enough */
    READING_PAUSED, /* the sink said ROW_PAUSE */
    READING_FAILED, /* the error is set */
};

/* Takes a row, on the thread that reads. */
typedef enum row_verdict row_sink(void *context, const struct row *row, struct error *e);

#endif
