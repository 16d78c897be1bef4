/*
 * The jobs that wait for the writer, and which is next. Any thread puts; the writer's thread alone takes.
 *
 * Jobs wait in two classes, oldest first, so that a slow one holds up nobody for longer than it runs.
 * Each begins among the fast ones; one that takes longer than its first share of time (batch.h) is put
 * among the slow ones (slow_jobs.h). After a slow job the fast ones have their turn: all that wait then, and
 * those that follow on without a pause, as long as the slow one took.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_RUN_JOB_QUEUE_H
#define THIMBLE_STORE_RUN_JOB_QUEUE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/run/job_list.h"
#include "store/run/slow_jobs.h"
#include "store/run/writer.h"

struct job_queue {
    size_t max;       /* jobs waiting */
    size_t batch_max; /* jobs taken for one transaction */

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t work;
    struct job_list fast;
    struct slow_jobs slow;
    size_t batch_left; /* that may still join the present batch */
    uint64_t rounds;   /* how often something was taken */
    bool sleeping;     /* the thread waits on `work` */
    bool probing;      /* a probe is asked for */
    bool closed;

    /* The turn of the fast ones, after a slow one. */
    size_t turn_left;      /* jobs that waited when it began */
    int64_t turn_ends_us;  /* clock_us */
    int64_t last_taken_us; /* 0: none in this turn */

    /* What the thread is at, for estimates and for readiness. */
    _Atomic enum writer_work busy_with;
    _Atomic int64_t busy_since_us; /* clock_us; 0: it waits for work */
    int64_t busy_until_us;         /* …at most, as far as is known */
    const struct job *long_one;    /* …or a job that says so itself, or NULL */
    int64_t usual_us, slow_us;     /* what a job took lately, of either class */

    /* The thread's own: as of the last job_queue_wait. */
    int64_t woke_us;            /* clock_us */
    int64_t oldest_deadline_us; /* of the fast ones; 0: none */
};

enum queued { QUEUED, QUEUED_FULL, QUEUED_CLOSED };

/* What there is to do. */
enum work {
    WORK_ENDED, /* the queue is closed and empty */
    WORK_PROBE, /* to look whether a write would succeed */
    WORK_FAST,  /* a batch of fast jobs: job_queue_take */
    WORK_ALONE, /* one job outside any transaction: job_queue_take_alone */
    WORK_SLOW,  /* one slow job: job_queue_take_slow */
};

/* False without memory. */
bool job_queue_init(struct job_queue *q, size_t max, size_t slow_max, size_t batch_max)
    __attribute__((warn_unused_result));

/*
 * The job is the queue's if it says QUEUED; else nothing was done. `*displaced` is a slow job that had to
 * make room, `job` itself perhaps, which is nobody's any more; or NULL.
 */
enum queued job_queue_put(struct job_queue *q, struct job *job, struct job **displaced)
    __attribute__((warn_unused_result));

/* The thread's: a job that was undone when it had run for so long waits again. The job that had to make
 * room for it, `job` itself perhaps, or NULL. */
struct job *job_queue_put_slow(struct job_queue *q, struct job *job, int64_t ran_us, int64_t now_us)
    __attribute__((warn_unused_result));

/* The thread's: waits for work. `lock_us` is how long it may wait for another process's lock then. */
enum work job_queue_wait(struct job_queue *q, int64_t lock_us);

/* The thread's: the next one of the present batch, of those that waited when it began; NULL: no more.
 * It may run for `share_us` (0: unknown). */
struct job *job_queue_take(struct job_queue *q, int64_t now_us, int64_t share_us);

/* The thread's: the next one, which is `alone`. */
struct job *job_queue_take_alone(struct job_queue *q, int64_t now_us);

/* The thread's: the slow job whose turn it is; NULL: there is none any more. */
struct job *job_queue_take_slow(struct job_queue *q, int64_t now_us, int64_t share_us);

/* The thread's: the slow job that it took runs, and says itself when it will be done (job->ends_us). */
void job_queue_note_long(struct job_queue *q, const struct job *job);

/* The thread's: n fast jobs that it took are done, and took so long together. */
void job_queue_note_fast(struct job_queue *q, size_t n, int64_t us);

/* The thread's: the slow job that it took is done and took so long: the fast ones have their turn. */
void job_queue_note_slow(struct job_queue *q, const struct job *job, int64_t us, int64_t now_us);

/* The thread's: it takes this up at this instant (clock_us). */
static inline void job_queue_busy(struct job_queue *q, enum writer_work with, int64_t now_us)
{
    atomic_store_explicit(&q->busy_with, with, memory_order_relaxed);
    atomic_store_explicit(&q->busy_since_us, now_us, memory_order_relaxed);
}

/* Any thread: true if the job stood in the queue, where it stands no more; among the slow ones? */
bool job_queue_withdraw(struct job_queue *q, struct job *job, bool *slow);

/* Any thread: in how many microseconds a job of its kind that comes now will be done, as far as can be
 * known. */
int64_t job_queue_estimate(struct job_queue *q, bool slow);

/* The thread that takes is to look whether it can write. */
void job_queue_ask_probe(struct job_queue *q);

/* How many wait, the slow ones included; how many of them are slow. */
size_t job_queue_length(struct job_queue *q, size_t *slow);

/* True if the thread waits for work, or took some since the last call, whose `*seen` was kept. */
bool job_queue_moves(struct job_queue *q, uint64_t *seen);

/* No more jobs are taken in; those that wait are still taken out. */
void job_queue_close(struct job_queue *q);

/* After the thread has ended. */
void job_queue_finish(struct job_queue *q);

#endif
