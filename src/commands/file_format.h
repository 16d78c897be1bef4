/*
 * CSV or NDJSON: what import reads and export writes.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_COMMANDS_FILE_FORMAT_H
#define THIMBLE_COMMANDS_FILE_FORMAT_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"
#include "config/config.h"
#include "store/catalog/catalog.h"

enum file_format { FORMAT_UNKNOWN, FORMAT_CSV, FORMAT_NDJSON };

/* --format, else what the file's name ends in: .csv, .ndjson or .jsonl. */
enum file_format file_format_of(const struct config *config, const char *file);

/* "-": stdin or stdout. */
bool file_is_stdio(const char *file);

/* The table or view of that name; NULL with "did you mean". */
const struct table *file_table(const struct config *config, const struct catalog *catalog,
                               const char *name, struct error *e);

/* Appends "12,345 rows", and " in 1.2 s" since `begun_us` (clock_us). */
void file_add_rows(struct buf *out, int64_t n, const char *after);
void file_add_time(struct buf *out, int64_t begun_us);

#endif
