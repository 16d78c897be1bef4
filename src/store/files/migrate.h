/*
 * Schema migrations: numbered SQL files applied in order, each in its own
 * transaction together with its row in thimble_migrations. The set is the
 * caller's and only read here.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_FILES_MIGRATE_H
#define THIMBLE_STORE_FILES_MIGRATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/slice.h"

struct db;
struct store_sources;

struct migration {
    int64_t version;    /* from the file name: 1 for 0001_lists.sql */
    const char *name;   /* "lists" */
    const char *file;   /* "0001_lists.sql", for messages */
    struct slice sql;   /* what is run: the way up; NUL-terminated */
    const char *sha256; /* of the whole file, 64 hex digits */
};

struct migration_set {
    const struct migration *items; /* ascending by version, no duplicates */
    size_t count;
};

/*
 * Applies what is not applied yet, in order; *applied says how many. Refuses a changed
 * or missing applied migration (both checksums in the message), and one that is older
 * than the newest applied. A failing one is rolled back whole; the message names
 * file, line and SQLite's words. Two processes at once apply each migration once.
 * `progress` (may be NULL) is called after each one, with its time in microseconds.
 */
bool migrate_up(struct db *db, const struct migration_set *set, size_t *applied,
                void (*progress)(void *context, const struct migration *m, int64_t us),
                void *context, struct error *e) __attribute__((warn_unused_result));

/* True when every migration of `set` is applied and unchanged and none is unknown. */
bool migrate_current(struct db *db, const struct migration_set *set, struct error *e)
    __attribute__((warn_unused_result));

/* The same, but that some may still be to be applied. */
bool migrate_known(struct db *db, const struct migration_set *set, struct error *e)
    __attribute__((warn_unused_result));

/* Appends a table: version, name, applied_at, duration or "pending", one line each. */
bool migrate_status(struct db *db, const struct migration_set *set, struct buf *out,
                    struct error *e) __attribute__((warn_unused_result));

/*
 * Applies what is pending to an in-memory copy of `db` (its schema and data) and
 * appends which resources and columns come and go, one line each ("+ tasks",
 * "+ tasks.due", "- lists.color"). With access files among the sources (NULL: there are none) also which
 * rights (migrate_rights.h); it is a failure if they do not fit then. `db` is not changed.
 */
bool migrate_dry_run(struct db *db, const struct migration_set *set,
                     const struct store_sources *sources, struct buf *out, struct error *e)
    __attribute__((warn_unused_result));

#endif
