/*
 * A folder of .sql files, read whole.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_SOURCES_SQL_FILES_H
#define THIMBLE_SOURCES_SQL_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/slice.h"

/* Bytes of one file; files in one folder. */
#define SQL_FILE_MAX  ((size_t)16 << 20)
#define SQL_FILES_MAX 4096
/* Bytes of the path of a folder. */
#define SQL_FILES_DIR_MAX 4096

struct sql_file {
    const char *name;  /* "0001_lists.sql" */
    struct slice text; /* NUL-terminated, without a NUL within */
};

/*
 * Reads the files of `dir` that end in .sql and do not begin with a dot, sorted by name, into
 * `arena`. False with ERROR_FAILURE in one line that names the file; `what` is what an error
 * calls them all: "migrations".
 */
bool sql_files_read(struct arena *arena, const char *dir, const char *what, struct sql_file **out,
                    size_t *n, struct error *e) __attribute__((warn_unused_result));

/*
 * Which of the two a setting "DIR,builtin" or "DIR,none" means: DIR, copied into `dir`, if there is
 * such a path, else the word. Any other setting is returned as it is.
 */
const char *sql_files_source(const char *setting, char dir[SQL_FILES_DIR_MAX]);

#endif
