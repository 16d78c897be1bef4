/*
 * JSON and CSV straight from the row: no tree in between. Always valid JSON and valid UTF-8,
 * whatever the database holds.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_QUERY_JSON_OUT_H
#define THIMBLE_QUERY_JSON_OUT_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "query/plan.h"
#include "store/row.h"

/* Appends the row in the given shape. Stored JSON comes out as it is: of a shape of one line with blanks in
 * the place of ends of lines, which are never within a string (RFC 8259 §7). */
void json_out_row(struct buf *b, const struct row *row, const struct shape *shape);

/* The only value of the row. */
void json_out_only(struct buf *b, const struct row *row, const struct shape *shape);

/* The same from values: what store/db/rows.h calls for nested rows; `shape` is a struct shape. */
void json_out_cells(struct buf *b, const void *shape, const struct value *cells, size_t n);

/* Appends a value as JSON. */
void json_out_value(struct buf *b, const struct value *value, enum column_kind kind);

/*
 * Appends the shortest decimal that reads back as the same double, with ".0" when it
 * would look like an integer. Infinities, which JSON does not have, are the strings that PostgreSQL
 * makes of them; SQLite has no NaN.
 */
void json_out_real(struct buf *b, double value);

/* True, with the number, if `text` is how a number is written here: then it may stand for it. */
bool json_out_number(struct slice text, struct value *out);

/* CSV (RFC 4180) as PostgreSQL writes it: names, then rows; NULL is nothing (the word where it would
 * be the only field), true is t, bytes are base64, bytes that are not UTF-8 are U+FFFD. resource/csv.h
 * reads it. Lines end in \n; the caller puts them between. */
void csv_out_name(struct buf *b, struct slice name);
void csv_out_value(struct buf *b, const struct value *value, enum column_kind kind);
void csv_out_header(struct buf *b, const struct shape *shape);
void csv_out_row(struct buf *b, const struct row *row, const struct shape *shape);

#endif
