/*
 * The fields of CSV text (RFC 4180), from left to right. Lines end in \n, \r\n or \r.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_RESOURCE_CSV_H
#define THIMBLE_RESOURCE_CSV_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/slice.h"

struct csv {
    struct slice text;
    size_t at;  /* where the next field begins */
    char *copy; /* where quoted fields are unquoted to: room for all of the text */
};

enum csv_end { CSV_COMMA, CSV_LINE, CSV_FAILED };

/*
 * The next field, and what it ends with; CSV_FAILED with ERROR_BODY. Quotes are taken off;
 * *quoted says whether there were any. Bytes are borrowed from `text` or `copy`.
 */
enum csv_end csv_next(struct csv *c, struct slice *out, bool *quoted, struct error *e);

#endif
