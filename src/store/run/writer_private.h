/*
 * What the writer is made of, for its own files.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_RUN_WRITER_PRIVATE_H
#define THIMBLE_STORE_RUN_WRITER_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "store/run/batch.h"
#include "store/run/job_queue.h"
#include "store/run/trouble.h"
#include "store/run/writer.h"

struct writer {
    struct store *store;
    struct db *db;
    struct checkpoint *checkpoint;
    struct trouble trouble;
    struct writer_options options;
    pthread_t thread;
    bool started;
    bool read_only; /* there is no connection and no thread */

    struct job_queue queue;
    struct batch batch; /* the thread's */

    struct counter jobs, failed, undone, overdue; /* the thread's */
    struct histogram batches, commits;
    _Atomic uint64_t refused, withdrawn; /* by any thread */
    _Atomic int64_t wal_pages;
    int64_t page_size;
    _Atomic bool alive;
};

/* One post, and so one wake-up, for each completion queue, whatever the number of jobs. */
void writer_hand_back(struct completion *completion);

/* `job` and those behind it made room for others. */
void writer_hand_back_displaced(struct writer *w, struct job *job);

#endif
