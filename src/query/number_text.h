/*
 * Numbers as the texts of a request spell them.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_QUERY_NUMBER_TEXT_H
#define THIMBLE_QUERY_NUMBER_TEXT_H

#include <stdbool.h>

#include "base/slice.h"
#include "store/db/value.h"

/* A decimal number, by PostgreSQL's spellings: an integer of 64 bits, else a double, else one of the
 * words for the infinite. False for any other text. */
bool number_text_decimal(struct slice text, struct value *out);

/* Infinity, inf, with a sign or without, in any case
 * (postgresql.org/docs/current/datatype-numeric.html §8.1.3). */
bool number_text_infinity(struct slice text, struct value *out);

/* A number as JSON spells it (RFC 8259 §6): an integer of 64 bits, else a double, infinite if it is
 * too large; also Infinity and -Infinity, as they are shown. */
bool number_text_json(struct slice text, struct value *out);

/* A whole number as JSON spells it, of any size: as a double if it is past 64 bits. */
bool number_text_whole(struct slice text, struct value *out);

#endif
