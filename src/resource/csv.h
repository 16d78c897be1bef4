/*
 * The fields of CSV text (RFC 4180), from left to right: the dialect that query/csv_out.c writes.
 *
 *   - Lines end in \n, \r\n or \r. A UTF-8 byte order mark at the beginning is passed over.
 *   - A field in quotes is text, also with nothing in it. Without quotes nothing is NULL, as
 *     PostgreSQL's COPY reads it, and so is the word NULL, as PostgREST does.
 *   - Blanks belong to their field.
 *   - Where there are several columns a line of blanks alone is no row. (Where there is one, it is
 *     NULL; we write the word.)
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_RESOURCE_CSV_H
#define THIMBLE_RESOURCE_CSV_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/slice.h"

struct csv {
    struct slice text;
    size_t at;           /* where the next field begins */
    struct arena *arena; /* of fields with quotes within; the others are slices of the text */
};

struct csv_field {
    struct slice text; /* without its quotes */
    bool quoted;
    bool is_null;
};

/* A reader of `text`. */
struct csv csv_make(struct slice text, struct arena *arena);

enum csv_end { CSV_COMMA, CSV_LINE, CSV_FAILED };

/* The next field, and what it ends with; CSV_FAILED with ERROR_BODY or ERROR_MEMORY. */
enum csv_end csv_next(struct csv *c, struct csv_field *out, struct error *e);

/* True if a line begins at `at`; lines of blanks alone are passed over if there are several
 * `fields`. */
bool csv_more(struct csv *c, size_t fields);

/* Passes over a line; returns the commas between its fields. */
size_t csv_skip_line(struct csv *c);

/* How many fields the line at `at` has; how many lines there are from there, as csv_more sees them. */
size_t csv_count_fields(const struct csv *c);
size_t csv_count_lines(const struct csv *c, size_t fields);

#endif
