/*
 * What is compiled in: the SQL files of migrations/, queries/ and access/, by scripts/embed, and the
 * licences of docs/licenses, by scripts/licenses.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_SOURCES_BUILTIN_H
#define THIMBLE_SOURCES_BUILTIN_H

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

extern const struct builtin_file builtin_access[];
extern const size_t builtin_access_count;

extern const unsigned char builtin_licenses[]; /* UTF-8, without a NUL */
extern const size_t builtin_licenses_len;

#endif
