/*
 * A JSON value, or a text without a type, as a column's value: what bodies and imported files
 * share.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_RESOURCE_BODY_VALUE_H
#define THIMBLE_RESOURCE_BODY_VALUE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"
#include "store/catalog/catalog.h"
#include "store/db/value.h"

/*
 * The value of `item` for `column`. Bytes are borrowed from its text, or in `arena`. False with
 * ERROR_VALUE or ERROR_OUT_OF_RANGE naming column and type, ERROR_BODY or ERROR_MEMORY.
 */
bool body_value(struct arena *arena, const struct column *column, const struct json_item *item,
                struct value *out, struct error *e) __attribute__((warn_unused_result));

/*
 * The same of a text: a field of CSV or of a form. Without quotes (`bare`) it may be a number where
 * the column has no type. Borrowed from `text`, or in `arena`.
 */
bool body_text_value(struct arena *arena, const struct column *column, struct slice text, bool bare,
                     struct value *out, struct error *e) __attribute__((warn_unused_result));

/* ---- body_syntax.c */

/* A JSON string's characters: borrowed, or in `arena`. False with ERROR_BODY or ERROR_MEMORY; *out is
 * then the text as it is spelled. */
bool body_string(struct arena *arena, const struct json_item *string, struct slice *out,
                 struct error *e) __attribute__((warn_unused_result));

/* False with ERROR_BODY if `text` is not one JSON value, nested `max_depth` deep at most: then an error
 * that is recorded already gives way to this. False without another if one is recorded. */
bool body_check_json(struct slice text, int64_t max_depth, struct error *e)
    __attribute__((warn_unused_result));

/* Where a text begins in what it is a part of: counted from 1, columns in bytes. */
struct body_place {
    size_t line, column;
};

/* The same of a part. */
bool body_check_part(struct slice text, const struct body_place *begins, int64_t max_depth,
                     struct error *e) __attribute__((warn_unused_result));

/* Fails with ERROR_BODY: the reader's fault, and where it is. Returns false. */
bool body_json_fault(const struct json_reader *reader, int64_t max_depth, struct error *e);

/* The same of a part's reader. */
bool body_part_fault(const struct json_reader *reader, const struct body_place *begins,
                     int64_t max_depth, struct error *e);

/* `text` without a UTF-8 byte order mark at its beginning (RFC 8259 §8.1 allows to pass over it). */
struct slice body_without_mark(struct slice text);

/* ---- body_columns.c */

/* Fails with ERROR_NO_BODY_COLUMN and "did you mean". Returns false. */
bool body_no_column(const struct table *table, struct slice name, struct error *e);

#endif
