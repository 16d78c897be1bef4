/*
 * A batch of jobs in one transaction: the writer's inner half. Writer's thread only.
 *
 * Each job has a share of time, counted from when it runs. It begins with a small one: a job that takes
 * longer is undone, waits among the slow ones (job_queue.h), and runs again from its beginning, alone in
 * a transaction and with its whole share. One that overruns that is undone, and has failed. The others
 * of a transaction that is lost with it are run again.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_RUN_BATCH_H
#define THIMBLE_STORE_RUN_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/run/job_list.h"

struct db;
struct job_queue;
struct store;

/* A batch commits when it has lasted this long: what waits goes into the next. */
#define BATCH_US 50000

struct batch {
    struct store *store;
    struct db *db;
    struct job_queue *queue;
    int64_t share_us; /* of a slow job, --write-timeout; 0: its request's deadline alone ends it */

    struct job_list jobs;      /* taken, and not put back: each one's error says its outcome */
    struct job_list displaced; /* they had to make room for others; their errors are set */
    int64_t commit_us;         /* time spent in COMMIT; -1: there was nothing to commit */
    size_t undone,
        overdue; /* jobs that run again; that were ended by their share or their deadline */

    /* batch.c's own. */
    int64_t begun_us, now_us; /* clock_us */
    unsigned overruns;        /* of first shares in this turn of the fast ones */
};

/* Forgets the jobs and what came of them. The others begin with it. */
void batch_clear(struct batch *batch);

/* Takes the fast jobs that wait, runs them in one transaction, and commits. */
void batch_run_fast(struct batch *batch);

/* Takes the slow job whose turn it is, runs it in a transaction of its own, and commits. */
void batch_run_slow(struct batch *batch);

#endif
