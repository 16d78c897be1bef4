/*
 * The body of a write, taken apart into columns and values: JSON, NDJSON, CSV or a form. The values borrow
 * from the body's bytes and from the call's arena.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_RESOURCE_BODY_H
#define THIMBLE_RESOURCE_BODY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice_index.h"
#include "query/literal.h"
#include "query/plan.h"
#include "store/db/value.h"

struct call;

/* A value that does not fit its column, and is taken if the row that is changed holds it already. */
struct misfit {
    struct misfit *next; /* of the same row of the body, or of a later one */
    int column;
    size_t row;
    struct slice text;
    bool is_number;         /* …it is a number's, in JSON */
    struct literal literal; /* what it may be */
};

struct body {
    bool is_array;
    bool is_change;         /* of rows that are there: they may hold what does not fit */
    struct misfit *misfits; /* or NULL */
    struct misfit *last_misfit;
    struct assignment *set; /* the columns that every row gives, n_set of them */
    size_t n_set;
    struct value *values; /* n_rows times n_set, row by row; in the call's arena */
    size_t n_rows;
    struct slice_index names; /* of the table's columns; made when it is asked */
};

enum body_use {
    BODY_CREATE, /* an object or an array of objects */
    BODY_ROW,    /* one object, or an array of one */
    BODY_CHANGE, /* the same, or an empty array: nothing is changed */
    BODY_MERGE,  /* the same as BODY_CHANGE; objects for JSON columns are merged (RFC 7396) */
};

/*
 * Parses call->body for call->table; only the columns of columns=, if it is there: then an
 * object may leave some out, which is NULL or, with Prefer: missing=default, the column's
 * default. False with ERROR_MEDIA_TYPE, ERROR_BODY, ERROR_TOO_LARGE, ERROR_NO_BODY_COLUMN,
 * or ERROR_VALUE or ERROR_OUT_OF_RANGE, which name the column and the row.
 */
bool body_parse(struct call *call, enum body_use use, struct body *body)
    __attribute__((warn_unused_result));

/* What a body's content type says that it is. */
enum body_form {
    FORM_UNKNOWN,
    FORM_JSON,
    FORM_NDJSON, /* an object a line: the elements of an array */
    FORM_CSV,
    FORM_FIELDS
};
enum body_form body_form(const struct call *call);

/* Of a failure that has an index of a row, sets the line of the body that the row begins at, if the body
 * is lines: NDJSON or CSV. */
void body_name_line(struct call *call);

/* Fails with ERROR_MEDIA_TYPE; `hint` says which types are taken. Returns false. */
bool body_refuse_type(struct call *call, const char *hint);

/* True if its parameters are understood: the charset is UTF-8, CSV has a header. False with
 * ERROR_MEDIA_TYPE. */
bool body_check_type(struct call *call);

/* The content type without its parameters. */
struct slice body_media_type(const struct call *call);

/* True if columns= is not there, or names it. `wanted` begins as zeroes and lasts as the call does. */
bool body_is_wanted(struct call *call, struct slice_index *wanted, struct slice name);

/* The number of the table's column of this name, or -1: a body has many names. */
int body_column_named(struct call *call, struct body *body, struct slice name);

/* True if the content type is application/merge-patch+json. */
bool body_is_merge_patch(const struct call *call);

/* The place of `column`'s value in body->set, or -1. */
long body_column(const struct body *body, int column);

/* Fails with ERROR_NO_BODY_COLUMN and "did you mean". Returns false. */
bool body_unknown_column(struct call *call, struct slice name);

/* True if call->error says that a value does not fit the column, and rows that are there may hold it. */
bool body_may_put_off(const struct call *call, const struct body *body, int column);

/*
 * Takes a text (or a number's spelling) that does not fit its column, and call->error, which says so, away
 * for now: whether the row holds it is seen when it is written (write_misfit.c). False without memory.
 */
bool body_put_off(struct call *call, struct body *body, const struct misfit *what,
                  struct value *out);

/* Fails with the error that was put off. Returns false. */
bool body_refuse_misfit(struct call *call, const struct body *body, const struct misfit *misfit);

/* For the body_*.c files. */

/* JSON: an object or an array of objects; or a line for each of these. */
bool body_parse_json(struct call *call, struct body *body) __attribute__((warn_unused_result));
bool body_parse_lines(struct call *call, struct body *body) __attribute__((warn_unused_result));

/* A row before its values are read: what it leaves out is NULL, and not given. */
void body_empty_row(const struct body *body, struct value *values);

/* RFC 7396: an object merges into what is there, anything else replaces it. */
void body_mark_merges(const struct table *table, struct body *body);

/* Room for `n` assignments; false with the error. */
bool body_make_room(struct call *call, struct body *body, size_t n);

/* For each column of the table its place in body->set, -1: none is there. NULL with the error. */
int *body_make_places(struct call *call);

/* The columns of columns=, each once, as body->set; and their places. NULL with the error. */
int *body_asked_columns(struct call *call, struct body *body);

/* False with ERROR_TOO_LARGE if there are more rows than are allowed. */
bool body_check_rows(struct call *call, size_t rows);

/* CSV: a line of names, then rows, in the dialect of resource/csv.h. */
bool body_parse_csv(struct call *call, struct body *body) __attribute__((warn_unused_result));

/* Adds a hint to the failure of a form that looks like JSON. Returns false. */
bool body_hint_json(struct call *call);

/* name=value&… (application/x-www-form-urlencoded): one row. */
bool body_parse_form(struct call *call, struct body *body) __attribute__((warn_unused_result));

#endif
