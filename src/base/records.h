/*
 * Bytes as records, one at a time, in memory that does not grow with them: lines, CSV's records
 * (RFC 4180), which may hold line ends within quotes, or the elements of a JSON array. Owns its buffer,
 * borrows where the bytes come from; freed by records_finish.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_BASE_RECORDS_H
#define THIMBLE_BASE_RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sys/types.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/slice.h"

enum records_kind { RECORDS_LINES, RECORDS_CSV, RECORDS_ELEMENTS };

/* Where a CSV record's scan is. */
enum records_state { STATE_FIELD, STATE_BARE, STATE_QUOTED, STATE_QUOTE };

/* Reads up to n bytes: 0 only at the end, -1 with the error. */
typedef ssize_t records_read(void *context, void *to, size_t n, struct error *e);

/* Where a scan is in a JSON array: everything that is not a string's is at a depth, 0 between elements. */
struct records_json {
    size_t depth;
    bool in_string, escaped;
    bool opened, closed; /* the array's own brackets were seen */
    int64_t line_start;  /* of the file: where its last line seen begins */
};

struct records {
    int fd;
    records_read *read;
    void *context; /* …of it */
    enum records_kind kind;
    size_t max;          /* bytes of one record */
    int64_t line;        /* where the record last given began, from 1; 0: there was none */
    int64_t column;      /* …in bytes of that line, from 1 */
    int64_t used;        /* bytes of the file up to its end */
    enum memory_use use; /* what its buffer counts as: the caller may say so before the first */
    const char *fault;   /* of RECORD_FAULT: what is wrong there; static */

    /* records.c's own */
    char *data;
    size_t cap, start, scan, end; /* start…end is read and not given; start…scan is looked at */
    enum records_state state;
    struct records_json json;
    int64_t lines; /* whose ends were seen */
    bool after_cr; /* a \n now is the second half of a line's end */
    bool eof;
};

enum record {
    RECORD_GIVEN,
    RECORD_TOO_LONG, /* it was over the maximum, and is passed over to its end */
    RECORD_FAULT,    /* what is around the elements is no JSON array: there is nothing after it */
    RECORD_END,
    RECORD_FAILED,
};

/* Reads from `fd`, records of `max` bytes at most. A UTF-8 byte order mark at the very beginning is
 * left out. */
void records_init(struct records *r, int fd, enum records_kind kind, size_t max);
void records_finish(struct records *r);

/* The same from anything else. */
void records_init_from(struct records *r, records_read *read, void *context, enum records_kind kind,
                       size_t max);

/* What is read from is at its first byte again. */
void records_rewind(struct records *r);

/*
 * The next record without its line's end (\n, \r\n or \r; of a line \n or \r\n), valid until the
 * next call. An element is what stands between two commas of the array: whether that is JSON is not
 * looked at. RECORD_FAILED: with the error of what is read from, or ERROR_MEMORY.
 */
enum record records_next(struct records *r, struct slice *out, struct error *e);

#endif
