/*
 * A JSON value as a column's value.
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

#endif
