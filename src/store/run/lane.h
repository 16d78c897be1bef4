/*
 * The reader lane: threads with a reader each, for the reads that take longer than an event loop may
 * give them. A job belongs to the lane from lane_submit until it comes back through its completion
 * queue, or until lane_withdraw takes it out of those that wait. Any thread submits.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_RUN_LANE_H
#define THIMBLE_STORE_RUN_LANE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/completion_queue.h"
#include "base/error.h"
#include "base/metrics.h"
#include "store/db/cache_counts.h"
#include "store/run/slow_shapes.h"

struct lane;
struct lane_client;
struct reader;
struct store;

/* Why a read is there. */
enum lane_reason {
    LANE_OVERRUN,     /* it took longer than its loop's budget */
    LANE_SHAPE,       /* its statement is known as slow */
    LANE_PLAN,        /* it asks for a plan */
    LANE_DESCRIPTION, /* it asks for the API's description, which is to be made */
    LANE_SCHEMA,      /* the schema has changed, and is large */
    LANE_ALL,         /* all go there */
    LANE_REASONS,
};

struct lane_job {
    struct completion completion; /* first member: the completion queue carries jobs */
    void (*run)(struct lane_job *job, struct reader *reader);
    struct completion_queue *completions; /* where the job goes when it is done */
    uint64_t address[2];                  /* who sent it: all of one address share its turns */
    enum lane_reason reason;
    _Atomic bool cancelled; /* raised by its owner: nobody waits, what runs is stopped */
    uint64_t shape;         /* set by `run`: what the time it took is held against, 0: nothing */

    struct lane_client *client; /* the lane's own */
    int64_t queued_us;
};

struct lane_options {
    size_t threads;    /* at least 1 */
    size_t queue_max;  /* jobs waiting; more are refused */
    int64_t budget_us; /* a read that takes more processor time than this is slow */
};

/* Figures for metrics; each is monotonic or a current value. */
struct lane_stats {
    uint64_t jobs[LANE_REASONS]; /* taken in */
    uint64_t refused, withdrawn, cancelled;
    size_t queued, running, threads, queue_max, slow_shapes;
    struct histogram_sum waits, runs; /* microseconds */
    struct db_cache_counts caches;
};

/* Opens the readers and starts the threads. NULL with an error. The store outlives the lane. */
struct lane *lane_start(struct store *store, const struct lane_options *options, struct error *e);

/*
 * Queues the job. False, with ERROR_BUSY or ERROR_DRAINING, if it is not taken: nothing was done, and
 * the error says after how many seconds there may be room.
 */
bool lane_submit(struct lane *lane, struct lane_job *job, struct error *e)
    __attribute__((warn_unused_result));

/* True if the job waited: it is the caller's again, and never runs. */
bool lane_withdraw(struct lane *lane, struct lane_job *job) __attribute__((warn_unused_result));

/* The error of a job that waited for too long: ERROR_BUSY, with how long those before it may take. */
void lane_say_busy(struct lane *lane, struct error *e);

/* The statements that are known as slow. */
const struct slow_shapes *lane_slow_shapes(const struct lane *lane);

void lane_stats(struct lane *lane, struct lane_stats *out);

/* Ends when what is queued and running has come back. Takes NULL. */
void lane_stop(struct lane *lane);

#endif
