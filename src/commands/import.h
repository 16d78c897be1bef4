/*
 * An import under way: what the command opens, and the rows that go through it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_COMMANDS_IMPORT_H
#define THIMBLE_COMMANDS_IMPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/progress.h"
#include "base/records.h"
#include "commands/file_format.h"
#include "commands/rejects.h"
#include "config/config.h"
#include "query/plan.h"
#include "resource/row_in.h"
#include "store/db/statement.h"
#include "store/files/loader.h"

struct import {
    const struct config *config;
    const char *path; /* "-": stdin */
    const char *name; /* …as people read it */
    enum file_format format;
    int fd;
    struct records records;
    struct rejects rejects;
    struct db *db;
    struct catalog *catalog;
    const struct table *table;
    struct row_in row;
    struct loader loader;
    struct arena arena; /* of the plan */
    struct statement *insert;
    struct progress_bar bar;
    int64_t begun_us;
    int64_t committed_line; /* where the last record of the last commit began */
    bool stopped;           /* the error is about the record at hand */
};

/* What --on-conflict says. */
enum conflict import_conflict(const struct config *config);

/* CSV's first line, into im->row. False with the error; im->stopped says whether it is the line's. */
bool import_header(struct import *im, struct error *e) __attribute__((warn_unused_result));

/* All rows, in batches that are committed. False with the error that ended it; im->stopped says
 * whether it is that of the record at hand. What was committed before stays. */
bool import_rows(struct import *im, struct error *e) __attribute__((warn_unused_result));

#endif
