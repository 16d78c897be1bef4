/*
 * What others want to know of the queue: how long it is, and how long it will take.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/clock.h"
#include "store/run/job_queue.h"

void job_queue_note_long(struct job_queue *q, const struct job *job)
{
    pthread_mutex_lock(&q->lock);
    q->long_one = job;
    pthread_mutex_unlock(&q->lock);
}

/* Under the lock: when what runs will be done, as far as is known. */
static int64_t busy_until(const struct job_queue *q)
{
    int64_t ends = 0;

    if (q->long_one)
        ends = atomic_load_explicit(&q->long_one->ends_us, memory_order_relaxed);
    return ends ? ends : q->busy_until_us;
}

int64_t job_queue_estimate(struct job_queue *q, bool slow)
{
    int64_t now = clock_us(), us = 0;
    bool busy;

    pthread_mutex_lock(&q->lock);
    busy = atomic_load_explicit(&q->busy_since_us, memory_order_relaxed) != 0;
    if (busy && busy_until(q) > now)
        us = busy_until(q) - now;
    us += (int64_t)q->fast.length * q->usual_us;
    if (slow) /* each has a turn of the fast ones behind it */
        us += (int64_t)q->slow.length * q->slow_us * 2;
    else if (q->slow.length > 0)
        us += q->slow_us;
    pthread_mutex_unlock(&q->lock);
    return us;
}

size_t job_queue_length(struct job_queue *q, size_t *slow)
{
    size_t all;

    pthread_mutex_lock(&q->lock);
    all = q->fast.length + q->slow.length;
    *slow = q->slow.length;
    pthread_mutex_unlock(&q->lock);
    return all;
}

bool job_queue_moves(struct job_queue *q, uint64_t *seen)
{
    bool moves;

    pthread_mutex_lock(&q->lock);
    moves = q->sleeping || q->rounds != *seen;
    *seen = q->rounds;
    pthread_mutex_unlock(&q->lock);
    return moves;
}
