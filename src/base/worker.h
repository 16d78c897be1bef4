/*
 * A thread that does short jobs for others, one after the other: what waits for a disk, as writing to a
 * file does, and closing a large one. A job is the thread's from worker_submit until it comes back through
 * its completion queue. Any thread submits.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_BASE_WORKER_H
#define THIMBLE_BASE_WORKER_H

#include "base/completion_queue.h"

struct worker;

struct worker_job {
    struct completion completion;         /* first member: the completion queue carries jobs */
    void (*run)(struct worker_job *job);  /* on the thread */
    struct completion_queue *completions; /* where it goes then; NULL: `run` is its end */
};

/* Starts the thread. NULL with ERROR_MEMORY or ERROR_FAILURE. */
struct worker *worker_start(struct error *e);

/* The job is done after those before it. How many wait is for those who submit to bound. */
void worker_submit(struct worker *worker, struct worker_job *job);

/* Does what waits, and ends. Takes NULL. */
void worker_stop(struct worker *worker);

#endif
