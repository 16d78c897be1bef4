/*
 * Many rows into a database, a fixed number of them to a transaction. Others may write the same
 * database meanwhile: after LOADER_HOLD_US of transactions it leaves the lock alone for
 * LOADER_REST_US, which is how often a connection that waits for it looks (sqlite3_busy_timeout).
 * In the caller's memory; the connection's thread.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_FILES_LOADER_H
#define THIMBLE_STORE_FILES_LOADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "store/db/value.h"

#define LOADER_HOLD_US 1000000
#define LOADER_REST_US 100000

struct db;
struct statement;
struct table;

struct loader {
    struct db *db;
    const struct table *table;
    int64_t per_commit; /* rows of one transaction; 0: all in one */
    int64_t written;    /* rows that were written, this transaction's too */
    int64_t committed;  /* …of which these are committed */
    int64_t present;    /* rows that ON CONFLICT DO NOTHING left as they were */
    int64_t begun_us;   /* when the lock was first taken after a rest */
    int64_t waiting;    /* rows given to the transaction that is open */
};

enum loaded {
    LOADED_ROW,
    LOADED_REFUSED, /* the row is at fault, and left no trace; the transaction goes on */
    LOADED_FAILED,  /* anything else: loader_abandon */
};

void loader_init(struct loader *l, struct db *db, const struct table *table, int64_t per_commit);

/* Runs the INSERT with its values: begins a transaction if none is open. A deferred foreign key is
 * looked at by loader_commit alone. */
enum loaded loader_row(struct loader *l, struct statement *st, const struct value *values, size_t n,
                       struct error *e);

/* True when as many rows as fit a transaction wait for loader_commit. */
bool loader_is_full(const struct loader *l);

/* Commits what waits, if anything does. False with an error, and what waited is undone. */
bool loader_commit(struct loader *l, struct error *e) __attribute__((warn_unused_result));

/* Undoes what waits. */
void loader_abandon(struct loader *l);

#endif
