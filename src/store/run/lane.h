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
struct lane_thread;
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
    LANE_STREAM,      /* its answer is sent in pieces */
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
    struct reader
        *reader; /* kept for it (lane_keep_reader): it runs with this one. NULL: the thread's */
    bool ends;   /* set by `run`: that one is no longer needed */

    /* The lane's own. */
    struct lane_client *client;
    struct lane_thread *thread;               /* that runs it */
    int64_t queued_us, kept_us;               /* since when it waits, has the reader */
    struct lane_job *kept_next, *kept_before; /* among those that have one */
};

struct lane_options {
    size_t threads;    /* at least 1 */
    size_t queue_max;  /* jobs waiting; more are refused */
    size_t streams;    /* readers that may be kept at a time, half of them for one client */
    int64_t budget_us; /* a read that takes more processor time than this is slow */
};

/* Figures for metrics; each is monotonic or a current value. */
struct lane_stats {
    uint64_t jobs[LANE_REASONS]; /* taken in */
    uint64_t refused, withdrawn, cancelled;
    size_t queued, running, threads, queue_max, slow_shapes;
    size_t kept, kept_max; /* readers */
    int64_t oldest_us;     /* for how long the one that is kept longest was; 0: none is */
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

/*
 * For a job's `run`, whose reading is paused: the thread's reader is kept for the job, which is submitted
 * again to go on with it, by whatever thread; such a job is taken in even if the queue is full. The thread
 * gets another. False, with ERROR_BUSY if there are too many, of all or of the client's, or why no other
 * can be opened: then it is the thread's still.
 */
bool lane_keep_reader(struct lane *lane, struct lane_job *job, struct error *e)
    __attribute__((warn_unused_result));

/* The reader goes back: the job does not run and has ended its reading. Any thread. */
void lane_return_reader(struct lane *lane, struct lane_job *job);

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
