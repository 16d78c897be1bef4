/* SPDX-License-Identifier: MIT */
#include "store/run/checkpoint.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include <sqlite3.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "store/db/db.h"
#include "store/db/stopping.h"
#include "store/store.h"

/* How long the writer waits for readers to leave the WAL, and how often it tries at most. */
#define RESTART_WAIT_MS  200
#define RESTART_EVERY_US 1000000

struct checkpoint {
    struct store *store;
    int64_t pages;        /* 0: checkpoints are another process's */
    struct db *db;        /* the thread's connection */
    struct stopping *end; /* of the process */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool due, stopping;                /* under lock */
    int last_moved;                    /* frames moved by the last passive one; the thread's own */
    int64_t last_restart_us;           /* writer's thread only */
    struct histogram passive, restart; /* the thread's, the writer's: microseconds */
    _Atomic int64_t moved;
    _Atomic bool pinned; /* a reader that stays keeps frames in the log */
};

/* Others' locks, and the end of the process, are none. */
static bool is_failure(int rc)
{
    int primary = rc & 0xff;

    return primary != SQLITE_OK && primary != SQLITE_BUSY && primary != SQLITE_INTERRUPT;
}

/*
 * PASSIVE never waits: frames that a reader or the writer needs stay for the next time. When
 * none could be moved since the last time, some reader stays: a backup, or another process.
 */
static void run_passive(struct checkpoint *c)
{
    int64_t before = clock_us();
    int frames = 0, moved = -1;
    int rc = sqlite3_wal_checkpoint_v2(db_handle(c->db), NULL, SQLITE_CHECKPOINT_PASSIVE, &frames,
                                       &moved);

    atomic_store_explicit(&c->pinned, moved < frames && moved == c->last_moved,
                          memory_order_relaxed);
    c->last_moved = moved;
    histogram_observe(&c->passive, &buckets_duration, (uint64_t)(clock_us() - before));
    if (moved >= 0)
        atomic_store_explicit(&c->moved, moved, memory_order_relaxed);
    if (is_failure(rc))
        log_say(LOG_WARN, "checkpoint failed: %s", sqlite3_errmsg(db_handle(c->db)));
}

static void *checkpoint_main(void *context)
{
    struct checkpoint *c = context;
    bool rested = false;

    pthread_mutex_lock(&c->lock);
    while (!c->stopping) {
        if (!c->due) {
            if (memory_wait(&c->wake, &c->lock, &rested))
                memory_return(); /* nobody waits long for the lock */
            continue;
        }
        rested = false;
        c->due = false;
        pthread_mutex_unlock(&c->lock);
        run_passive(c);
        pthread_mutex_lock(&c->lock);
    }
    pthread_mutex_unlock(&c->lock);
    return NULL;
}

struct checkpoint *checkpoint_start(struct store *store, int64_t pages, struct stopping *stopping,
                                    struct error *e)
{
    struct checkpoint *c = calloc(1, sizeof *c);

    if (!c) {
        error_set(e, ERROR_MEMORY, "out of memory");
        return NULL;
    }
    c->store = store;
    c->pages = store->options.no_checkpoints ? 0 : pages;
    c->db = db_open(store->path, DB_CHECK, &store->options, e);
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->wake, NULL);
    c->end = stopping;
    stopping_watch(stopping, c->db);
    if (c->db && pthread_create(&c->thread, NULL, checkpoint_main, c) == 0)
        return c;
    error_set(e, ERROR_FAILURE, "cannot start the checkpoint thread");
    stopping_forget(stopping, c->db);
    db_close(c->db);
    free(c);
    return NULL;
}

static void restart_wal(struct checkpoint *c, struct db *writer)
{
    int64_t now = clock_us();
    int busy_ms;

    /* To wait for a reader that stays would hold up the writes for nothing. */
    if (now - c->last_restart_us < RESTART_EVERY_US ||
        atomic_load_explicit(&c->pinned, memory_order_relaxed))
        return;
    c->last_restart_us = now;
    busy_ms = db_busy_ms(writer, RESTART_WAIT_MS);
    sqlite3_wal_checkpoint_v2(db_handle(writer), NULL, SQLITE_CHECKPOINT_RESTART, NULL, NULL);
    db_busy_ms(writer, busy_ms);
    histogram_observe(&c->restart, &buckets_duration, (uint64_t)(clock_us() - now));
}

/* It is told on every commit, and changes seldom. */
static void say_how_long(struct checkpoint *c, int64_t wal_pages)
{
    bool is_long = c->pages > 0 && wal_pages >= c->pages * CHECKPOINT_LONG_FACTOR;

    if (is_long != atomic_load_explicit(&c->store->log_is_long, memory_order_relaxed))
        atomic_store_explicit(&c->store->log_is_long, is_long, memory_order_relaxed);
}

void checkpoint_notice(struct checkpoint *c, struct db *writer, int64_t wal_pages)
{
    say_how_long(c, wal_pages);
    if (wal_pages < c->pages || c->pages == 0)
        return;
    if (wal_pages >= c->pages * CHECKPOINT_RESTART_FACTOR)
        restart_wal(c, writer);
    pthread_mutex_lock(&c->lock);
    c->due = true;
    pthread_cond_signal(&c->wake);
    pthread_mutex_unlock(&c->lock);
}

void checkpoint_collect(const struct checkpoint *c, struct checkpoint_counts *out)
{
    *out = (struct checkpoint_counts){
        .moved = atomic_load_explicit(&c->moved, memory_order_relaxed),
    };
    histogram_collect(&c->passive, &out->passive);
    histogram_collect(&c->restart, &out->restart);
}

void checkpoint_stop(struct checkpoint *c)
{
    if (!c)
        return;
    pthread_mutex_lock(&c->lock);
    c->stopping = true;
    pthread_cond_signal(&c->wake);
    pthread_mutex_unlock(&c->lock);
    pthread_join(c->thread, NULL);
    pthread_mutex_destroy(&c->lock);
    pthread_cond_destroy(&c->wake);
    stopping_forget(c->end, c->db);
    db_close(c->db);
    free(c);
}

/* A reader that stays, as a backup or Litestream, does not hold up the end: what it keeps in the
 * log is there at the next start. */
void checkpoint_final(struct db *db, const struct stopping *stopping)
{
    int rc = SQLITE_INTERRUPT;

    db_busy_ms(db, RESTART_WAIT_MS);
    if (!stopping_is_over(stopping))
        rc = sqlite3_wal_checkpoint_v2(db_handle(db), NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    if ((rc & 0xff) == SQLITE_INTERRUPT)
        log_say(LOG_INFO,
                "there was no time to move the write-ahead log into the database: it stays "
                "for the next start");
    if (is_failure(rc))
        log_say(LOG_WARN, "last checkpoint failed: %s", sqlite3_errmsg(db_handle(db)));
}
