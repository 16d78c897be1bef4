/*
 * The fields of a body without types, CSV or a form: which column each is for. All that return bool fail
 * with *call->error set.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_RESOURCE_BODY_FIELDS_H
#define THIMBLE_RESOURCE_BODY_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

struct body;
struct call;
struct csv;
struct value;

struct body_fields {
    struct call *call;
    struct body *body;
    int *places;           /* of each column of the table in body->set; -1: none */
    bool *given;           /* of each place: a field is there for it */
    int *places_of_fields; /* of each field of a line; -1: not looked at */
    size_t n;
};

/* Room for `n` fields; the columns are those of columns=, if it is there. */
bool body_fields_begin(struct body_fields *f, size_t n) __attribute__((warn_unused_result));

/* The name of the next field. */
bool body_fields_name(struct body_fields *f, struct slice name) __attribute__((warn_unused_result));

/* After the last name: room for `rows` rows in body->values, all NULL yet. */
bool body_fields_end(struct body_fields *f, size_t rows) __attribute__((warn_unused_result));

/* A field's text as the value of the column that is set from it, in its place of the row; a field that none
 * is for is passed. `bare`: it had no quotes. */
bool body_fields_value(const struct body_fields *f, int place, struct slice text, bool bare,
                       struct value *row) __attribute__((warn_unused_result));

/* ---- body_csv.c */

/* The line of names. */
bool body_fields_header(struct body_fields *f, struct csv *csv) __attribute__((warn_unused_result));

/* One line, as a row of values. */
bool body_fields_line(const struct body_fields *f, struct csv *csv, struct value *row)
    __attribute__((warn_unused_result));

#endif
