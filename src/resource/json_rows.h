/*
 * The rows of a JSON body, read one after the other. All that return bool fail with *call->error set.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_RESOURCE_JSON_ROWS_H
#define THIMBLE_RESOURCE_JSON_ROWS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/json.h"
#include "base/slice.h"
#include "resource/body_value.h"

struct body;
struct call;
struct value;

struct json_rows {
    struct call *call;
    struct body *body;
    struct json_reader reader;
    bool lines;               /* a row a line, instead of an array's elements */
    struct slice line, rest;  /* …this one, and those that are not begun */
    struct body_place begins; /* a part of the body: where the reader's text does; else zeroes */
    int *places;              /* of each column of the table in body->set; -1: none */
    const struct slice
        *spelled; /* of each place: how its member's name is written mostly; or NULL */
    size_t *seen; /* of each place: the row that gave it last, counted from 1 */
};

/* Fails with the reader's fault. Returns false. */
bool json_rows_fault(struct json_rows *rows);

/* Enters the next row's object, or the body's own; *first is true before the first. When the row is read:
 * true if it may end there. */
bool json_rows_next(struct json_rows *rows, bool *first);
bool json_rows_end(struct json_rows *rows);

/* How many lines have a row: more in them than blanks. */
size_t json_rows_count_lines(struct slice text);

/* The next of them, without the blanks before it and its end, and *rest after it; empty: there is none. */
struct slice json_rows_line(struct slice *rest);

/* The column of a row's `nth` member: the one that stands there in most rows, or looked up by the
 * name, which is `text` afterwards. -1: there is none; -2: out of memory. */
int json_rows_column(struct json_rows *rows, const struct json_item *name, size_t nth,
                     struct slice *text);

/* Passes over a member's value. */
bool json_rows_pass(struct json_rows *rows);

/* There are many rows: notes how the names of the columns are written. False with ERROR_MEMORY. */
bool json_rows_expect(struct json_rows *rows) __attribute__((warn_unused_result));

/* Reads the first row for its columns alone. */
bool json_rows_names(struct json_rows *rows) __attribute__((warn_unused_result));

/* Reads the first row where there is no columns=: it says which columns there are. */
bool json_rows_first(struct json_rows *rows, struct value *values)
    __attribute__((warn_unused_result));

/* Reads row `n`, from 1, of columns that are known; the value of what it leaves out is there
 * already. */
bool json_rows_read(struct json_rows *rows, size_t n, struct value *values)
    __attribute__((warn_unused_result));

#endif
