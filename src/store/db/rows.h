/*
 * SQL functions of our own, for statements made from requests; not for schemas:
 *
 *   thimble_rows(shape, …)  an aggregate: its rows as a JSON array ('[]' of none)
 *   thimble_row(shape, …)   one row as JSON text
 *   thimble_keys(list)      a table: store/db/keys.h
 *   regexp, regexpi, thimble_like, thimble_ilike   store/db/patterns.h
 *
 * `shape` is a bound pointer (VALUE_SHAPE) that the floor above understands: it says how the
 * values are written. So nested rows come out just as rows at the top do, and neither names nor
 * formats are part of the SQL text.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_DB_ROWS_H
#define THIMBLE_STORE_DB_ROWS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/like.h"
#include "store/db/value.h"

struct db;

/* Columns of a nested row: the arguments that an SQL function takes beside the shape
 * (SQLITE_MAX_FUNCTION_ARG in third_party/sqlite.options). */
#define ROWS_CELLS_MAX 32766

/* Bytes of a pattern of LIKE, GLOB and regexp. */
#define ROWS_PATTERN_MAX LIKE_PATTERN_MAX

/* Appends the cells in the given shape. Same thread as the connection. */
typedef void row_writer(struct buf *out, const void *shape, const struct value *cells, size_t n);

/*
 * Registers the functions. `write` may be NULL: then only the patterns are there. A nested answer may
 * have `max` bytes: past that the statement fails with ERROR_ANSWER_TOO_LARGE.
 */
bool rows_register(struct db *db, row_writer *write, size_t max, struct error *e)
    __attribute__((warn_unused_result));

#endif
