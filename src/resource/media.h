/*
 * The Accept header (RFC 9110 §12.5.1), and rows in the form that it asks for.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_RESOURCE_MEDIA_H
#define THIMBLE_RESOURCE_MEDIA_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

struct buf;
struct call;
struct plan;
struct row;
struct shape;

enum media {
    MEDIA_JSON,      /* application/json */
    MEDIA_OBJECT,    /* application/vnd.pgrst.object+json: exactly one row */
    MEDIA_CSV,       /* text/csv */
    MEDIA_PLAN_JSON, /* application/vnd.pgrst.plan+json: how SQLite would do it */
    MEDIA_PLAN_TEXT, /* application/vnd.pgrst.plan */
};

/*
 * Chooses by quality, then by place. False with ERROR_NOT_ACCEPTABLE if none of the types can
 * be had. Sets call->media and call->options.strip_nulls.
 */
bool media_choose(struct call *call) __attribute__((warn_unused_result));

/* True if Accept (empty: any) takes the media type; the most specific range decides
 * (RFC 9110 §12.5.1). */
bool media_accepts(struct slice accept, struct slice type);

/* True if Accept takes the API's description; false with ERROR_NOT_ACCEPTABLE. */
bool media_accepts_description(struct call *call) __attribute__((warn_unused_result));

/* Around and between the rows of an answer; `nth` counts them from 0. */
void media_begin(struct call *call, const struct shape *shape);
void media_row(struct call *call, const struct row *row, const struct shape *shape, size_t nth);
void media_end(struct call *call);

/* A row alone, into a buffer; and such a row as media_row puts one into the answer. */
void media_one(const struct call *call, struct buf *out, const struct row *row,
               const struct shape *shape);
void media_piece(struct call *call, struct slice row, size_t nth);

/* True, or false with ERROR_NOT_SINGULAR when one object was asked for and there are not as
 * many rows. */
bool media_check_rows(struct call *call, size_t rows) __attribute__((warn_unused_result));

/* What Content-Type says. Static. */
const char *media_type(const struct call *call);

/* True if the answer is to be the plan of the statement. */
bool media_is_plan(const struct call *call);

#endif
