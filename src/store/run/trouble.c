/* SPDX-License-Identifier: MIT */
#include "store/run/trouble.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/log.h"
#include "store/db/db.h"
#include "store/db/db_files.h"

/* Between two probes: each is a write to the disk. */
#define PROBE_EVERY_US 1000000

void trouble_init(struct trouble *t)
{
    pthread_mutex_init(&t->lock, NULL);
    error_clear(&t->cause);
}

void trouble_finish(struct trouble *t)
{
    pthread_mutex_destroy(&t->lock);
}

bool trouble_is(enum error_code code)
{
    switch (code) {
    case ERROR_FULL:
    case ERROR_IO:
    case ERROR_UNWRITABLE:
    case ERROR_LOST:
    case ERROR_CORRUPT:
    case ERROR_LOCKED: return true;
    default: return false;
    }
}

void trouble_set(struct trouble *t, const struct error *cause)
{
    bool first;

    pthread_mutex_lock(&t->lock);
    first = !error_is_set(&t->cause);
    t->cause = *cause;
    atomic_store(&t->told, true);
    pthread_mutex_unlock(&t->lock);
    if (first)
        log_say(LOG_ERROR, "writes fail: %s", cause->message);
}

void trouble_clear(struct trouble *t)
{
    if (!atomic_load_explicit(&t->told, memory_order_relaxed))
        return;
    pthread_mutex_lock(&t->lock);
    error_clear(&t->cause);
    atomic_store(&t->told, false);
    pthread_mutex_unlock(&t->lock);
    log_say(LOG_INFO, "writes succeed again");
}

bool trouble_none(struct trouble *t, int64_t now_us, bool *probe, struct error *e)
{
    *probe = false;
    if (!atomic_load_explicit(&t->told, memory_order_relaxed))
        return true;
    pthread_mutex_lock(&t->lock);
    error_set(e, t->cause.code, "writes fail: %s", t->cause.message);
    *probe = now_us - t->probed_us >= PROBE_EVERY_US;
    if (*probe)
        t->probed_us = now_us;
    pthread_mutex_unlock(&t->lock);
    return false;
}

/* The same user_version as before: SQLite writes its page all the same. */
static bool write_nothing(struct db *db, const struct db_files *files, struct error *e)
{
    int64_t version = 0;
    char sql[64];

    if (!db_files_stay(files, e) || !db_begin_immediate(db, e) ||
        !db_integer(db, "PRAGMA user_version", &version, e))
        return false;
    snprintf(sql, sizeof sql, "PRAGMA user_version=%" PRId64, version);
    return db_exec(db, sql, e) && db_commit(db, e);
}

void trouble_probe(struct trouble *t, struct db *db, const struct db_files *files)
{
    struct error cause = error_none();

    if (write_nothing(db, files, &cause)) {
        trouble_clear(t);
        return;
    }
    db_rollback(db);
    trouble_set(t, &cause);
}
