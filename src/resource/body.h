/*
 * The body of a write, taken apart into columns and values: JSON, CSV or a form. jansson stays in
 * here: the values borrow from the parsed document, which body_free gives back.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_RESOURCE_BODY_H
#define THIMBLE_RESOURCE_BODY_H

#include <stdbool.h>
#include <stddef.h>

#include "query/plan.h"
#include "store/value.h"

struct call;
struct json_t;
struct routine_source;

struct body {
    struct json_t *root; /* NULL for CSV and forms */
    bool is_array;
    struct assignment *set; /* the columns that every row gives, n_set of them */
    size_t n_set;
    struct value *values; /* n_rows times n_set, row by row; in the call's arena */
    size_t n_rows;
};

enum body_use {
    BODY_CREATE, /* an object or an array of objects */
    BODY_ROW,    /* one object, or an array of one */
    BODY_MERGE,  /* the same; objects for JSON columns are merged (RFC 7396) */
};

/*
 * Parses call->body for call->table; only the columns of columns=, if it is there: then an
 * object may leave some out, which is NULL or, with Prefer: missing=default, the column's
 * default. False with ERROR_MEDIA_TYPE, ERROR_BODY, ERROR_TOO_LARGE, ERROR_NO_BODY_COLUMN
 * or ERROR_VALUE, which names the column and the row. `body` is to be freed in either case.
 */
bool body_parse(struct call *call, enum body_use use, struct body *body)
    __attribute__((warn_unused_result));
void body_free(struct body *body);

/*
 * Parses call->body (none is an empty object) for the parameters of a named query: values[i] and
 * given[i] for parameter i. `body` keeps what they borrow from and is to be freed. False as
 * body_parse, with ERROR_NO_ROUTINE for a member that is no parameter.
 */
bool body_arguments(struct call *call, const struct routine_source *routine, struct value *values,
                    bool *given, struct body *body) __attribute__((warn_unused_result));

/*
 * Seeds jansson's hash tables from the system's randomness, so that nobody can choose
 * members that collide. Once, before the first thread: jansson would do it at its first
 * object, in every thread at a time (its documentation, "Thread safety").
 */
void body_seed(void);

/* True if the content type is application/merge-patch+json. */
bool body_is_merge_patch(const struct call *call);

/* The place of `column`'s value in body->set, or -1. */
long body_column(const struct body *body, int column);

/* Fails with ERROR_NO_BODY_COLUMN and "did you mean". Returns false. */
bool body_unknown_column(struct call *call, struct slice name);

/* For the body_*.c files. */

/* True if the content type is JSON's; false with ERROR_MEDIA_TYPE. */
bool body_is_json(struct call *call);

/* JSON that is one plain object; false, without an error, if it is anything else: then `body` is to
 * be cleared. */
bool body_parse_flat(struct call *call, struct body *body) __attribute__((warn_unused_result));

/* JSON: an object or an array of objects. */
bool body_parse_json(struct call *call, struct body *body) __attribute__((warn_unused_result));

/* RFC 7396: an object merges into what is there, anything else replaces it. */
void body_mark_merges(const struct call *call, struct body *body);

/* The body as one JSON object; none is an empty one. */
bool body_load_object(struct call *call, struct body *body);

/* Room for `n` assignments and rows × n values; false with the error. */
bool body_make_room(struct call *call, struct body *body, size_t n);

/* False with ERROR_TOO_LARGE if there are more rows than are allowed. */
bool body_check_rows(struct call *call, size_t rows);

/* CSV (RFC 4180): a line of names, then rows; an unquoted NULL is NULL. */
bool body_parse_csv(struct call *call, struct body *body) __attribute__((warn_unused_result));

/* name=value&… (application/x-www-form-urlencoded): one row. */
bool body_parse_form(struct call *call, struct body *body) __attribute__((warn_unused_result));

#endif
