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
    struct reader *reader;
    pthread_t thread;
    bool started;
    int64_t since_us; /* when its job began, 0: it has none */
};

struct lane {
    struct lane_options options;
    struct slow_shapes shapes; /* asked by any thread */

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t work;
    struct lane_queue queue;
    struct log_pause pause;
    bool closed;
    int64_t mean_us; /* of a run */
    uint64_t jobs[LANE_REASONS];
    uint64_t refused, withdrawn, cancelled;
    struct histogram waits, runs;
    struct lane_thread threads[];
};

/* How many threads have a job. Behind the lock. */
size_t lane_count_running(const struct lane *lane);

#endif
