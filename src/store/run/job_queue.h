/*
 * The jobs that wait for the writer, oldest first. Any thread puts; the writer's thread alone takes.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_RUN_JOB_QUEUE_H
#define THIMBLE_STORE_RUN_JOB_QUEUE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/run/writer.h"

struct job_queue {
    size_t max;       /* jobs waiting */
    size_t batch_max; /* jobs taken at once */

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t work;
    struct completion *first, *last;
    size_t length;
    uint64_t rounds; /* how often something was taken */
    bool sleeping;   /* the thread waits on `work` */
    bool probing;    /* a probe is asked for */
    bool closed;
};

enum queued { QUEUED, QUEUED_FULL, QUEUED_CLOSED };

/* The job that a completion is of. */
static inline struct job *job_of(struct completion *completion)
{
    return (struct job *)completion;
}

void job_queue_init(struct job_queue *q, size_t max, size_t batch_max);

/* The job is the queue's if it says QUEUED; else nothing was done. */
enum queued job_queue_put(struct job_queue *q, struct job *job) __attribute__((warn_unused_result));

/*
 * Waits for work; takes at most batch_max jobs as a chain, one that is `alone` by itself. NULL: there
 * is only `*probe` to do, and if there is not even that, the queue is closed and empty.
 */
struct completion *job_queue_take(struct job_queue *q, bool *probe);

/* The thread that takes is to look whether it can write. */
void job_queue_ask_probe(struct job_queue *q);

/* How many wait. */
size_t job_queue_length(struct job_queue *q);

/* True if the thread waits for work, or took some since the last call, whose `*seen` was kept. */
bool job_queue_moves(struct job_queue *q, uint64_t *seen);

/* No more jobs are taken in; those that wait are still taken out. */
void job_queue_close(struct job_queue *q);

/* After the thread has ended. */
void job_queue_finish(struct job_queue *q);

#endif
