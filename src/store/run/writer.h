/*
 * The one writer: a thread that takes every waiting job, runs them in one
 * BEGIN IMMEDIATE … COMMIT, each as if in its own savepoint, and hands them back once the
 * commit is on disk. One job's failure is its own. If the commit fails, every job in
 * it fails: nothing is acknowledged that is not durable. A job that takes long is run alone, after the
 * others (batch.h, job_queue.h).
 * writer_submit, writer_withdraw: any thread. `run` is called on the writer's thread; the job comes
 * back through its completion queue to the thread that owns it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_RUN_WRITER_H
#define THIMBLE_STORE_RUN_WRITER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/completion_queue.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/metrics.h"
#include "base/slice.h"
#include "store/db/cache_counts.h"
#include "store/run/checkpoint.h"

struct db;
struct identity;
struct job;
struct operations;
struct stopping;
struct store;
struct writer;

/*
 * Does the work inside the job's savepoint; false (with *job->error set) rolls it back.
 * May be called again from the start if it took longer than its first share of time, or the whole
 * transaction had to be rolled back, so it begins by forgetting its earlier outputs.
 */
typedef bool job_run_fn(struct job *job, struct db *db);

/* Where a job stands in the queue. */
enum job_place { PLACE_NONE, PLACE_FAST, PLACE_SLOW };

struct job {
    struct completion completion;         /* first member: the completion queue carries jobs */
    struct operations *operations;        /* the work as data (store/run/operation.h), or NULL: */
    job_run_fn *run;                      /* …the work itself */
    struct completion_queue *completions; /* where the job goes when finished */
    int64_t deadline_us; /* not begun after this instant, and stopped at it; 0: none */
    uint64_t address;    /* who asks: slow jobs of each have their turn; 0: not known */
    struct slice shape;  /* its statement's text: those of one shape may be slow alike; or empty */
    struct memory_request memory; /* what its request has when it is submitted */
    bool discard; /* roll the savepoint back even on success (Prefer: tx=rollback) */
    bool single;  /* one statement: nothing stays of it if it fails */
    bool
        is_long; /* slow from the start, and stopped by its deadline alone: in a transaction of its own */
    bool alone; /* `run` gets the connection between batches, in no transaction, and once */
    struct identity *who; /* whom its statements are for (store/db/identity.h), or NULL */
    _Atomic int64_t
        ends_us; /* is_long: when it will be done, as far as it knows (clock_us); 0: not known */
    struct error *error; /* the outcome, the owner's: no error means committed (or discarded) */

    /* The queue's own. */
    struct job *previous; /* in its list */
    enum job_place place;
    bool suspected; /* its shape is one of the slow */
};

struct writer_options {
    size_t queue_max;          /* jobs waiting; more are refused with ERROR_BUSY */
    size_t slow_max;           /* …slow ones among them */
    size_t batch_max;          /* jobs in one transaction */
    int64_t share_us;          /* a job may run so long; 0: until its deadline */
    int64_t checkpoint_pages;  /* WAL frames after which a checkpoint runs */
    struct stopping *stopping; /* interrupts what store->options.stopping does not reach, or NULL */
};

/* Figures for metrics; each is monotonic or a current value. */
struct writer_stats {
    uint64_t jobs, failed, refused;
    uint64_t undone,
        overdue;        /* jobs run again, as slow ones; ended by their share or their deadline */
    uint64_t withdrawn; /* jobs that waited for too long */
    struct histogram_sum batches; /* jobs in each */
    struct histogram_sum commits; /* microseconds in COMMIT */
    struct checkpoint_counts checkpoints;
    struct db_cache_counts caches;
    size_t queued, queue_max; /* now waiting, and how many may */
    size_t slow, slow_max;    /* the slow ones of them */
    int64_t busy_us;          /* how long the present job, lock or commit has lasted; 0: none */
    int64_t wal_pages;        /* after the last commit */
    int64_t page_size;        /* bytes */
    bool alive;
};

/* Opens the connection and starts the thread; with store->options.read_only neither, and no job is
 * taken. NULL with an error. */
struct writer *writer_start(struct store *store, const struct writer_options *options,
                            struct error *e);

/*
 * Queues the job; from here until it comes back it belongs to the writer. False, with
 * *job->error set to ERROR_BUSY, ERROR_DRAINING or ERROR_READ_ONLY, if it was not taken: nothing was done.
 */
bool writer_submit(struct writer *writer, struct job *job) __attribute__((warn_unused_result));

/* Says that the database is served read-only, as ERROR_READ_ONLY; `what` was asked for. False. */
bool writer_read_only(const char *what, struct error *e);

/*
 * Would a write of now be kept, as far as can be known? False with the reason: a file is not where
 * it was, or the last write failed for a reason that is not its own. Then it tries a write that
 * changes nothing, for the next to ask. Any thread; takes no lock that a write holds.
 */
bool writer_well(struct writer *writer, struct error *e);

/*
 * Takes back a job that waits, so that its request is answered in time. True: nothing of it was done, it is
 * the caller's again and says so itself: ERROR_BUSY, with an estimate when it is worth while to try again.
 * False: it runs, or is on its way back. Any thread, until it has come back.
 */
bool writer_withdraw(struct writer *writer, struct job *job);

/* What the writer is at. */
enum writer_work { WRITER_IDLE, WRITER_LOCK, WRITER_JOB, WRITER_COMMIT };

/* …if it has been so for longer than a second, and for how long, in microseconds; else WRITER_IDLE.
 * Any thread; takes no lock. */
enum writer_work writer_slow(struct writer *writer, int64_t *us);

void writer_stats(struct writer *writer, struct writer_stats *out);

/*
 * Has the writer ended a batch since the call before, or nothing to do? `*seen` is the caller's
 * memory for it, 0 at first.
 */
bool writer_moves(struct writer *writer, uint64_t *seen);

/* Finishes what is queued (store->options.stopping: hands it back undone), refuses what comes, checkpoints
 * the WAL, closes. Takes NULL. */
void writer_stop(struct writer *writer);

#endif
