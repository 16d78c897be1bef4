/*
 * What a text means to a column: the one rule of what is equal to what. SQLite's storage classes
 * and affinities decide (sqlite.org/datatype3.html §4.2); nothing here compares.
 *
 * A text that is compared (a filter's value, a key in a path) may stand for more than one value,
 * because a column may hold what its type does not say. It is equal to what is stored if one of
 * them is:
 *
 *   kind of column               stands for
 *   TEXT                         the text, as typed
 *   INTEGER, REAL, NUMERIC       the number; else the text, which SQLite makes a number if it can,
 *                                and the bytes of which it is the base64
 *   BOOLEAN                      true and false for their words, and the word as typed; else as a
 *                                number
 *   JSON, JSONB                  the JSON, in its shortest form; else as OTHER
 *   BLOB                         the bytes of which it is the base64, and the text; a number
 *   ANY (none, or ANY)           the text as typed; the number that it spells in JSON's way, so 7
 *                                and never 007; the bytes of which it is the base64
 *   OTHER                        the text, which SQLite's affinity makes a number where the column
 *                                would have stored one; the bytes of which it is the base64
 *
 * A rigid column (struct column) holds nothing but its kind: a text that does not fit it is a
 * mistake, ERROR_VALUE, and so is the word null for a number or a boolean. Anywhere else it is equal
 * to nothing, if to nothing.
 *
 * A text that is written (a string in a body, a field of CSV, a parameter) is one value: of a kind
 * with a name it must fit, to ANY and OTHER it is the text, and SQLite's affinity converts it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_QUERY_LITERAL_H
#define THIMBLE_QUERY_LITERAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/slice.h"
#include "store/catalog/catalog.h"
#include "store/db/value.h"

#define LITERAL_VALUES 3

struct literal {
    const struct column *column; /* what was read, */
    struct slice text;
    size_t n; /* 1… */
    /* The first is what greater and less go by, but for numbers and bytes that are stored: those by
     * the second, if it is the number, and by the last, if it is bytes. */
    struct value values[LITERAL_VALUES];
    bool has_number;
    bool is_json; /* compared in its shortest form; then it is the only one */
};

/*
 * What `text` may be equal to in the column. Bytes are borrowed from `text` or in `arena`. False
 * with ERROR_VALUE naming column and type (of a rigid column alone), or ERROR_MEMORY.
 */
bool literal_read(struct arena *arena, const struct column *column, struct slice text,
                  struct literal *out, struct error *e) __attribute__((warn_unused_result));

/* The one value that is written. False with ERROR_VALUE naming column and type, or
 * ERROR_MEMORY. */
bool literal_value(struct arena *arena, const struct column *column, struct slice text,
                   struct value *out, struct error *e) __attribute__((warn_unused_result));

/* A pattern of like and ilike: * stands for %, but after a backslash, which takes the next character as it
 * is. Bytes in `arena`. False for one of more than ROWS_PATTERN_MAX bytes, and without memory. */
bool literal_pattern(struct arena *arena, struct slice pattern, struct value *value)
    __attribute__((warn_unused_result));

/* True if a value that is to be written to the column will be one that the literal stands for. */
bool literal_is(const struct column *column, const struct literal *literal,
                const struct value *value);

#endif
