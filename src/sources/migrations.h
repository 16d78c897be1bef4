/*
 * Where the migrations come from: the binary, a folder, or nowhere.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_SOURCES_MIGRATIONS_H
#define THIMBLE_SOURCES_MIGRATIONS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "store/files/migrate.h"

struct migrations {
    bool none; /* --migrations none: the database is served as it is */
    struct migration_set set;
    struct arena arena; /* what `set` points to */
};

/*
 * Loads what --migrations says ("builtin", "none", a folder, or a folder if it is there and else
 * one of the words), ordered and checked: names as migrate_parse_file reads them, no two of one
 * version; of files and pairs that lead both ways, the way up. Freed by migrations_finish in
 * either case.
 */
bool migrations_load(struct migrations *m, const char *setting, struct error *e)
    __attribute__((warn_unused_result));
void migrations_finish(struct migrations *m);

#endif
