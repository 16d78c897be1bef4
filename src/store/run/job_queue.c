/* SPDX-License-Identifier: MIT */
#include "store/run/job_queue.h"

#include <time.h>

#include "base/clock.h"

/* An address that has so many slow jobs waiting gets no try for one more of a slow shape. */
#define CROWD 8

/* The turn of the fast ones is over when none has come for so long. */
#define PAUSE_US 20000

/* How much of a figure that is told anew stays of the one before: all but an eighth. */
#define OLD_SHARES 7

bool job_queue_init(struct job_queue *q, size_t max, size_t slow_max, size_t batch_max)
{
    pthread_condattr_t attributes;

    *q = (struct job_queue){.max = max, .batch_max = batch_max};
    pthread_mutex_init(&q->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC); /* as clock_us */
    pthread_cond_init(&q->work, &attributes);
    pthread_condattr_destroy(&attributes);
    return slow_jobs_init(&q->slow, slow_max);
}

static size_t length(const struct job_queue *q)
{
    return q->fast.length + q->slow.length;
}

/* Under the lock: what joined the queue is seen by the thread. True if it is to be woken. */
static bool is_to_wake(struct job_queue *q)
{
    bool wake = q->sleeping;

    q->sleeping = false;
    return wake;
}

/* One of a slow shape has a try all the same, a short one: it may find less to do than the others. */
static bool is_slow(const struct job_queue *q, struct job *job)
{
    if (job->is_long)
        return true;
    job->suspected = !job->alone && slow_jobs_know(&q->slow, job);
    return job->suspected && slow_jobs_of(&q->slow, job->address) >= CROWD;
}

enum queued job_queue_put(struct job_queue *q, struct job *job, struct job **displaced)
{
    enum queued queued = QUEUED;
    bool wake = false;

    *displaced = NULL;
    pthread_mutex_lock(&q->lock);
    if (q->closed) {
        queued = QUEUED_CLOSED;
    } else if (length(q) >= q->max) {
        queued = QUEUED_FULL;
    } else if (is_slow(q, job)) {
        *displaced = slow_jobs_put(&q->slow, job);
        wake = is_to_wake(q);
    } else {
        job_list_append(&q->fast, job);
        job->place = PLACE_FAST;
        wake = is_to_wake(q);
    }
    pthread_mutex_unlock(&q->lock);
    if (wake)
        pthread_cond_signal(&q->work);
    return queued;
}

/* The fast ones have their turn, after something that took so long. */
static void begin_turn(struct job_queue *q, int64_t took_us, int64_t now_us)
{
    q->turn_left = q->fast.length;
    q->turn_ends_us = now_us + took_us;
    q->last_taken_us = 0;
}

struct job *job_queue_put_slow(struct job_queue *q, struct job *job, int64_t ran_us, int64_t now_us)
{
    struct job *displaced;

    pthread_mutex_lock(&q->lock);
    if (ran_us >= SLOW_JOB_US)
        slow_jobs_remember(&q->slow, job);
    displaced = slow_jobs_put(&q->slow, job);
    begin_turn(q, ran_us, now_us);
    pthread_mutex_unlock(&q->lock);
    return displaced;
}

/* When the turn of the fast ones is over, though none waits now; 0: it is. */
static int64_t pause_ends(const struct job_queue *q, int64_t now_us)
{
    int64_t end = q->last_taken_us + PAUSE_US;

    if (q->closed || q->last_taken_us == 0)
        return 0;
    if (end > q->turn_ends_us)
        end = q->turn_ends_us;
    return end > now_us ? end : 0;
}

static bool is_slow_turn(const struct job_queue *q, int64_t now_us)
{
    return q->slow.length > 0 && q->turn_left == 0 && now_us >= q->turn_ends_us;
}

enum choice { CHOICE_WORK, CHOICE_SLEEP };

/* What is next. CHOICE_SLEEP: nothing until `*until_us`, or until something comes (0). */
static enum choice choose(struct job_queue *q, int64_t now_us, enum work *work, int64_t *until_us)
{
    const struct job *oldest = q->fast.first;

    *until_us = 0;
    if (q->probing) {
        *work = WORK_PROBE;
    } else if (oldest && !is_slow_turn(q, now_us)) {
        *work = oldest->alone ? WORK_ALONE : WORK_FAST;
    } else if (q->slow.length > 0) {
        *work = WORK_SLOW;
        *until_us = oldest ? 0 : pause_ends(q, now_us);
        return *until_us ? CHOICE_SLEEP : CHOICE_WORK;
    } else {
        *work = WORK_ENDED;
        return q->closed ? CHOICE_WORK : CHOICE_SLEEP;
    }
    return CHOICE_WORK;
}

static void sleep_until(struct job_queue *q, int64_t us)
{
    const struct timespec until = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};

    q->sleeping = true;
    job_queue_busy(q, WRITER_IDLE, 0);
    if (us == 0)
        pthread_cond_wait(&q->work, &q->lock);
    else
        pthread_cond_timedwait(&q->work, &q->lock, &until);
    q->sleeping = false;
}

enum work job_queue_wait(struct job_queue *q, int64_t lock_us)
{
    int64_t until;
    enum work work;

    pthread_mutex_lock(&q->lock);
    q->woke_us = clock_us();
    while (choose(q, q->woke_us, &work, &until) == CHOICE_SLEEP) {
        sleep_until(q, until);
        q->woke_us = clock_us();
    }
    q->probing = false;
    q->batch_left = q->fast.length < q->batch_max ? q->fast.length : q->batch_max;
    q->oldest_deadline_us = q->fast.first ? q->fast.first->deadline_us : 0;
    q->busy_until_us = q->woke_us + lock_us;
    job_queue_busy(q, WRITER_LOCK, q->woke_us);
    pthread_mutex_unlock(&q->lock);
    return work;
}

/* Under the lock. */
static void note_taken(struct job_queue *q, int64_t now_us, int64_t share_us)
{
    q->rounds++;
    q->busy_until_us = share_us ? now_us + share_us : 0;
    job_queue_busy(q, WRITER_JOB, now_us);
}

static void take_oldest(struct job_queue *q, int64_t now_us, int64_t share_us)
{
    q->fast.first->place = PLACE_NONE;
    job_list_remove(&q->fast, q->fast.first);
    q->turn_left -= q->turn_left > 0;
    q->last_taken_us = now_us;
    note_taken(q, now_us, share_us);
}

struct job *job_queue_take(struct job_queue *q, int64_t now_us, int64_t share_us)
{
    struct job *job;

    if (q->batch_left == 0) /* the writer's own: no lock for it */
        return NULL;
    pthread_mutex_lock(&q->lock);
    job = q->fast.first;
    if (job && job->alone)
        job = NULL;
    if (job) {
        q->batch_left--;
        take_oldest(q, now_us, share_us);
    }
    pthread_mutex_unlock(&q->lock);
    return job;
}

struct job *job_queue_take_alone(struct job_queue *q, int64_t now_us)
{
    struct job *job;

    pthread_mutex_lock(&q->lock);
    job = q->fast.first && q->fast.first->alone ? q->fast.first : NULL;
    if (job)
        take_oldest(q, now_us, 0);
    pthread_mutex_unlock(&q->lock);
    return job;
}

struct job *job_queue_take_slow(struct job_queue *q, int64_t now_us, int64_t share_us)
{
    struct job *job;

    pthread_mutex_lock(&q->lock);
    job = slow_jobs_take(&q->slow);
    if (job)
        note_taken(q, now_us, job->is_long ? job->deadline_us - now_us : share_us);
    pthread_mutex_unlock(&q->lock);
    return job;
}

static int64_t mixed(int64_t old, int64_t new)
{
    return old ? (old * OLD_SHARES + new) / (OLD_SHARES + 1) : new;
}

void job_queue_note_fast(struct job_queue *q, size_t n, int64_t us)
{
    pthread_mutex_lock(&q->lock);
    q->usual_us = mixed(q->usual_us, us / (int64_t)n);
    pthread_mutex_unlock(&q->lock);
}

void job_queue_note_slow(struct job_queue *q, const struct job *job, int64_t us, int64_t now_us)
{
    pthread_mutex_lock(&q->lock);
    q->long_one = NULL;
    q->busy_until_us = now_us;
    if (!job->is_long) /* the next may be none */
        q->slow_us = mixed(q->slow_us, us);
    if (us >= SLOW_JOB_US)
        slow_jobs_remember(&q->slow, job);
    else if (us < SLOW_JOB_US / 2)
        slow_jobs_forgive(&q->slow, job);
    begin_turn(q, us, now_us);
    pthread_mutex_unlock(&q->lock);
}

bool job_queue_withdraw(struct job_queue *q, struct job *job, bool *slow)
{
    bool waited;

    pthread_mutex_lock(&q->lock);
    waited = job->place != PLACE_NONE;
    *slow = job->place == PLACE_SLOW;
    if (job->place == PLACE_FAST)
        job_list_remove(&q->fast, job);
    else if (job->place == PLACE_SLOW)
        slow_jobs_remove(&q->slow, job);
    job->place = PLACE_NONE;
    if (q->turn_left > q->fast.length)
        q->turn_left = q->fast.length;
    pthread_mutex_unlock(&q->lock);
    return waited;
}

void job_queue_ask_probe(struct job_queue *q)
{
    pthread_mutex_lock(&q->lock);
    q->probing = true;
    pthread_cond_signal(&q->work);
    pthread_mutex_unlock(&q->lock);
}

void job_queue_close(struct job_queue *q)
{
    pthread_mutex_lock(&q->lock);
    q->closed = true;
    pthread_cond_signal(&q->work);
    pthread_mutex_unlock(&q->lock);
}

void job_queue_finish(struct job_queue *q)
{
    slow_jobs_finish(&q->slow);
    pthread_mutex_destroy(&q->lock);
    pthread_cond_destroy(&q->work);
}
