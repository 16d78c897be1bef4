/*
 * What the reader lane is made of. Private to lane*.c.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_RUN_LANE_PRIVATE_H
#define THIMBLE_STORE_RUN_LANE_PRIVATE_H

#include <pthread.h>

#include "store/run/lane.h"
#include "store/run/lane_queue.h"
#include "store/run/log_pause.h"

struct lane_thread {
    struct lane *lane;
    struct reader *reader;   /* changed behind the lock */
    struct reader *returned; /* one that it makes ready again, or NULL */
    pthread_t thread;
    bool started;
    bool has_piece;   /* its job goes on with a stream */
    int64_t since_us; /* when its job began, 0: it has none */
};

/* Readers that are kept for streams (lane_streams.c), and those that come back from there. */
struct lane_streams {
    struct lane_job *first, *last; /* that have one, the oldest first */
    size_t n, max;
    struct reader **returned; /* room for `max` */
    size_t n_returned;
    struct reader **spare; /* ready to be a thread's; room for as many as there are threads */
    size_t n_spare, max_spare;
    struct db_cache_counts closed; /* what was counted by those that were closed */
};

struct lane {
    struct store *store;
    struct lane_options options;
    struct slow_shapes shapes; /* asked by any thread */

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t work;
    struct lane_queue queue;
    struct log_pause pause;
    struct lane_streams streams;
    bool closed;
    int64_t mean_us; /* of a run */
    uint64_t jobs[LANE_REASONS];
    uint64_t refused, withdrawn, cancelled;
    struct histogram waits, runs;
    struct lane_thread threads[];
};

/* How many threads have a job. Behind the lock. */
size_t lane_count_running(const struct lane *lane);

/* False with ERROR_BUSY; `ahead` jobs come first. Behind the lock. */
bool lane_refuse(const struct lane *lane, size_t ahead, struct error *e);

bool lane_streams_init(struct lane *lane, struct error *e) __attribute__((warn_unused_result));

/* Closes those that came back and the spare ones. The threads have ended. Under the lock. */
void lane_streams_finish(struct lane *lane);

/* Makes those that came back ready, or closes them. Under the lock, which it leaves meanwhile. */
void lane_streams_take_back(struct lane *lane, struct lane_thread *t);

/* Closes the spare ones: under the lock, which it leaves meanwhile. */
void lane_streams_rest(struct lane *lane);

/* For lane_stats: adds what was counted. Under the lock. */
void lane_streams_collect(const struct lane *lane, struct db_cache_counts *sum);

#endif
