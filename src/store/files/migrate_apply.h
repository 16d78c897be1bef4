/*
 * What the database says was applied, and applying one migration. Private to migrate*.c.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_FILES_MIGRATE_APPLY_H
#define THIMBLE_STORE_FILES_MIGRATE_APPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/slice.h"

struct db;
struct migration;

/* Migrations of one database. */
#define MIGRATIONS_MAX 4096

struct applied {
    int64_t version;
    double duration_ms;
    char name[128];
    char sha256[65];
    char applied_at[32];
};

struct applied_list {
    size_t count; /* ascending by version */
    struct applied items[MIGRATIONS_MAX];
};

/* Reads thimble_migrations; an absent table is an empty list. */
bool applied_read(struct db *db, struct applied_list *list, struct error *e);
const struct applied *applied_find(const struct applied_list *list, int64_t version);

/* Applies one in its own transaction; *done is false if another process was first. */
bool apply_one(struct db *db, const struct migration *m, bool *done, struct error *e);

/* Copies `s` to `to` of `size` bytes as a string, cut where it does not fit. */
void slice_copy(char *to, size_t size, struct slice s);

#endif
