/*
 * What others want to know of the queue: how long it is, and how long it will take.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/clock.h"
#include "store/run/job_queue.h"

int64_t job_queue_estimate(struct job_queue *q, bool slow)
{
    int64_t now = clock_us(), us = 0;

    pthread_mutex_lock(&q->lock);
    if (atomic_load_explicit(&q->busy_since_us, memory_order_relaxed) && q->busy_until_us > now)
        us = q->busy_until_us - now;
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
