/*
 * The rows of an upload, read one after the other. Private to upload*.c.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_RESOURCE_UPLOAD_ROWS_H
#define THIMBLE_RESOURCE_UPLOAD_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/records.h"
#include "resource/body.h"
#include "resource/body_fields.h"
#include "resource/json_rows.h"
#include "store/run/operation.h"

struct call;

struct upload {
    struct call *call;
    struct body *body; /* the columns, and room for one row's values */
    enum body_form form;
    bool lenient; /* rows that are no good are left out */

    struct records records;
    bool looks; /* for the columns, on an event loop: no further than look_left bytes */
    size_t look_left;
    size_t at; /* of the bytes of a body in memory: those before it are read */
    struct json_rows json;
    struct body_fields fields; /* CSV's */

    /* On the writer's thread. */
    struct arena_mark mark; /* what a row takes of the call's arena is given back behind it */
    size_t n;               /* rows so far */
    size_t rejected;        /* …of which these are left out */
    struct buf rejects;     /* …and the first of them, as members of a JSON array */
    int64_t begun_us;
    struct row_source source;
};

/* In the call's arena, with nothing read yet; NULL with the error in call->error. */
struct upload *upload_new(struct call *call, struct body *body, bool lenient);

/* All is planned: what of the call's arena is used from here on is given back behind each row. */
void upload_planned(struct upload *u);

/* Reads nothing yet. */
void upload_rows_init(struct upload *u);

/* Reads the first line or element for the columns, u->body->set, which are those of all rows; and makes
 * room for a row. False with the error in call->error. */
bool upload_rows_columns(struct upload *u) __attribute__((warn_unused_result));

/* Before the first row, and the next one's values (struct row_source). */
bool upload_rows_begin(void *upload, struct error *e) __attribute__((warn_unused_result));
enum source_step upload_rows_next(void *upload, const struct value **row, struct error *e);

/* Which row was read last, from 0, and its line, if the body is lines. */
void upload_rows_place(void *upload, struct error *e);

/* ---- upload_read.c; both: false with the error in call->error, or in `e`. */

/* What the first record says of the columns; RECORD_END: there is none. */
bool upload_read_columns(struct upload *u, enum record record, struct slice text)
    __attribute__((warn_unused_result));

/* Its values, in u->body->values. */
bool upload_read_row(struct upload *u, enum record record, struct slice text, struct error *e)
    __attribute__((warn_unused_result));

#endif
