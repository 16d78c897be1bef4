/*
 * A list of what identifies rows (a rowid, the columns of a key), kept while a statement gives them
 * and read by the next one as a table:
 *
 *   SELECT … FROM thimble_keys(?) AS k CROSS JOIN t ON t.rowid=k.c0 ORDER BY k.rowid
 *
 * The parameter is the list's address (VALUE_SHAPE); c0, c1, … are its columns, `rowid` counts its
 * rows from 1. Not for schemas. One thread, the connection's.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_DB_KEYS_H
#define THIMBLE_STORE_DB_KEYS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"
#include "store/db/value.h"
#include "store/row.h"

struct db;

struct keys {
    struct buf bytes; /* the values, each with its type before it */
    size_t width;     /* columns, at most ROW_KEYS_MAX */
    size_t n;         /* rows */
};

/* An empty list that may have `max` bytes. Allocates nothing yet. */
void keys_init(struct keys *k, size_t width, size_t max);
void keys_finish(struct keys *k);

/* Empties, keeps the memory. */
void keys_clear(struct keys *k);

/* Appends columns first…first+width of the row. False, and the error set, if they do not fit. */
bool keys_add(struct keys *k, const struct row *row, size_t first, struct error *e)
    __attribute__((warn_unused_result));

/* Registers the table-valued function. */
bool keys_register(struct db *db, struct error *e) __attribute__((warn_unused_result));

#endif
