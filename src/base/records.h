/*
 * A file's bytes as records, one at a time, in memory that does not grow with the file: lines, or
 * CSV's records (RFC 4180), which may hold line ends within quotes. Owns its buffer, borrows the
 * descriptor; freed by records_finish.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_BASE_RECORDS_H
#define THIMBLE_BASE_RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/slice.h"

enum records_kind { RECORDS_LINES, RECORDS_CSV };

/* Where a CSV record's scan is. */
enum records_state { STATE_FIELD, STATE_BARE, STATE_QUOTED, STATE_QUOTE };

struct records {
    int fd;
    enum records_kind kind;
    size_t max;   /* bytes of one record */
    int64_t line; /* where the record last given began, from 1; 0: there was none */
    int64_t used; /* bytes of the file up to its end */

    /* records.c's own */
    char *data;
    size_t cap, start, scan, end; /* start…end is read and not given; start…scan is looked at */
    enum records_state state;
    int64_t lines; /* whose ends were seen */
    bool after_cr; /* a \n now is the second half of a line's end */
    bool eof;
};

enum record { RECORD_GIVEN, RECORD_TOO_LONG, RECORD_END, RECORD_FAILED };

/* Reads from `fd`, records of `max` bytes at most. A UTF-8 byte order mark at the very beginning is
 * left out. */
void records_init(struct records *r, int fd, enum records_kind kind, size_t max);
void records_finish(struct records *r);

/*
 * The next record without its line's end (\n, \r\n or \r; of a line \n or \r\n), valid until the
 * next call. RECORD_TOO_LONG: it was over the maximum, and is passed over to its end. RECORD_FAILED:
 * with ERROR_IO or ERROR_MEMORY.
 */
enum record records_next(struct records *r, struct slice *out, struct error *e);

#endif
