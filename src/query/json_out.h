/*
 * JSON straight from the row: no tree in between. Always valid JSON and valid UTF-8,
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
#include "store/statement.h"

/* Appends the current row of `st` as an object, one member for each output. */
void json_out_row(struct buf *b, struct statement *st, const struct output *outputs, size_t n);

/* Appends the current row's column as a JSON value. */
void json_out_value(struct buf *b, struct statement *st, int column, enum column_kind kind);

/*
 * Appends the shortest decimal that reads back as the same double, with ".0" when it
 * would look like an integer. Infinities and NaN, which JSON does not have, are null.
 */
void json_out_real(struct buf *b, double value);

/* True if `text` is one JSON value (RFC 8259) nested at most `depth` deep. */
bool json_out_valid(struct slice text, int depth);

#endif
