/*
 * The file of rows that an import could not take: NDJSON, a line for each, with where it was and
 * why. In the caller's memory; rejects_close frees the rest.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_COMMANDS_REJECTS_H
#define THIMBLE_COMMANDS_REJECTS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/slice.h"

struct rejects {
    const char *path; /* borrowed; "": there is no such file */
    FILE *file;
    int64_t n;
    struct buf line;
};

/*
 * Empties the file, or makes it; refused if it is the one that `input` reads. `max`: bytes of a row
 * of the input. False with an error. Close it in either case.
 */
bool rejects_open(struct rejects *r, const char *path, int input, size_t max, struct error *e)
    __attribute__((warn_unused_result));
void rejects_close(struct rejects *r);

/* {"line":N,"code":…,"reason":…,"column":…,"row":…}: `row` is NULL data if it cannot be shown. */
bool rejects_add(struct rejects *r, int64_t line, const struct error *cause, struct slice row,
                 struct error *e) __attribute__((warn_unused_result));

/* What was added is in the file. False with ERROR_FULL or ERROR_IO. */
bool rejects_flush(struct rejects *r, struct error *e) __attribute__((warn_unused_result));

#endif
