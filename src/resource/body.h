/*
 * The body of a write: JSON, taken apart into columns and values. jansson stays in here:
 * the values borrow from the parsed document, which body_free gives back.
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

struct body {
    struct json_t *root;
    bool is_array;
    struct assignment *set; /* the columns that every row gives, n_set of them */
    size_t n_set;
    struct value *values; /* n_rows times n_set, row by row; in the call's arena */
    size_t n_rows;
};

enum body_use {
    BODY_CREATE, /* an object or an array of objects with equal members */
    BODY_ROW,    /* one object */
    BODY_MERGE,  /* one object; objects for JSON columns are merged (RFC 7396) */
};

/*
 * Parses call->body for call->table. False with ERROR_MEDIA_TYPE, ERROR_BODY,
 * ERROR_TOO_LARGE, ERROR_NO_BODY_COLUMN or ERROR_VALUE, which names the column and the
 * row. `body` is to be freed in either case.
 */
bool body_parse(struct call *call, enum body_use use, struct body *body)
    __attribute__((warn_unused_result));
void body_free(struct body *body);

/*
 * Seeds jansson's hash tables from the system's randomness, so that nobody can choose
 * members that collide. Once, before the first thread: jansson would do it at its first
 * object, in every thread at a time (its documentation, "Thread safety").
 */
void body_seed(void);

/* True if the content type is application/merge-patch+json. */
bool body_is_merge_patch(const struct call *call);

/* The place of `column` in body->set, or -1. */
long body_column(const struct body *body, int column);

#endif
