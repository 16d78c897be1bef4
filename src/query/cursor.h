/*
 * The place in an ordered list where a page ended, as text that a client hands back: the values
 * of the order's columns and of the key, and a number that names the order. It holds no state
 * of the server, so it is good after a restart, and for as long as the schema is.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_QUERY_CURSOR_H
#define THIMBLE_QUERY_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "store/db/value.h"

/* Columns of an order and a key that a cursor may have. */
#define CURSOR_TERMS_MAX 64

/* Appends the cursor: only letters, digits, '-' and '_'. */
void cursor_encode(struct buf *out, uint32_t order_id, const struct value *values, size_t n);

/*
 * Takes a cursor of this order apart into values[0…n), which borrow from `arena`. False with
 * ERROR_SYNTAX if it is not one.
 */
bool cursor_decode(struct arena *arena, struct slice text, uint32_t order_id, struct value *values,
                   size_t n, struct error *e) __attribute__((warn_unused_result));

#endif
