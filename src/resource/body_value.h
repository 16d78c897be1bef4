/*
 * A JSON value, or a text without a type, as a column's value: what bodies and imported files
 * share.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_RESOURCE_BODY_VALUE_H
#define THIMBLE_RESOURCE_BODY_VALUE_H

#include <stdbool.h>

#include <jansson.h>

#include "base/arena.h"
#include "base/error.h"
#include "store/catalog.h"
#include "store/value.h"

/*
 * The value of `json` for `column`. Strings are borrowed from `json`, the rest is in
 * `arena`. False with ERROR_VALUE naming column and type, or ERROR_MEMORY.
 */
bool body_value(struct arena *arena, const struct column *column, const json_t *json,
                struct value *out, struct error *e) __attribute__((warn_unused_result));

/* The same of a text: a field of CSV or of a form. Borrowed from `text`, or in `arena`. */
bool body_text_value(struct arena *arena, const struct column *column, struct slice text,
                     struct value *out, struct error *e) __attribute__((warn_unused_result));

/* One JSON value, nested `max_depth` deep at most; the caller gives it back with json_decref. NULL
 * with ERROR_BODY. */
json_t *body_load(struct slice text, int64_t max_depth, struct error *e);

/* Fails with ERROR_NO_BODY_COLUMN and "did you mean". Returns false. */
bool body_no_column(const struct table *table, struct slice name, struct error *e);

#endif
