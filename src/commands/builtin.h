/*
 * The SQL files that are compiled in: made from migrations/ and queries/ by scripts/embed.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_COMMANDS_BUILTIN_H
#define THIMBLE_COMMANDS_BUILTIN_H

#include <stddef.h>

struct builtin_file {
    const char *file;   /* "0001_lists.sql" */
    const char *sql;    /* NUL-terminated */
    size_t sql_len;     /* without the NUL */
    const char *sha256; /* 64 hex digits */
};

extern const struct builtin_file builtin_migrations[];
extern const size_t builtin_migrations_count;

extern const struct builtin_file builtin_queries[];
extern const size_t builtin_queries_count;

#endif
