/* SPDX-License-Identifier: MIT */
#include "store/run/job_queue.h"

void job_queue_init(struct job_queue *q, size_t max, size_t batch_max)
{
    *q = (struct job_queue){.max = max, .batch_max = batch_max};
    pthread_mutex_init(&q->lock, NULL);
    pthread_cond_init(&q->work, NULL);
}

enum queued job_queue_put(struct job_queue *q, struct job *job)
{
    enum queued queued = QUEUED;
    bool wake = false;

    job->completion.next = NULL;
    pthread_mutex_lock(&q->lock);
    if (q->closed) {
        queued = QUEUED_CLOSED;
    } else if (q->length >= q->max) {
        queued = QUEUED_FULL;
    } else {
        *(q->last ? &q->last->next : &q->first) = &job->completion;
        q->last = &job->completion;
        q->length++;
        wake = q->sleeping;
        q->sleeping = false;
    }
    pthread_mutex_unlock(&q->lock);
    if (wake)
        pthread_cond_signal(&q->work);
    return queued;
}

/* The oldest jobs, as many as go together. */
static struct completion *take_chain(struct job_queue *q)
{
    struct completion *first = q->first, *last = first;
    size_t n = 1;

    for (; n < q->batch_max && last->next; n++) {
        if (job_of(first)->alone || job_of(last->next)->alone)
            break;
        last = last->next;
    }
    q->rounds++;
    q->first = last->next;
    if (!q->first)
        q->last = NULL;
    last->next = NULL;
    q->length -= n;
    return first;
}

struct completion *job_queue_take(struct job_queue *q, bool *probe)
{
    struct completion *chain;

    pthread_mutex_lock(&q->lock);
    while (!q->first && !q->closed && !q->probing) {
        q->sleeping = true;
        pthread_cond_wait(&q->work, &q->lock);
    }
    q->sleeping = false;
    *probe = q->probing;
    q->probing = false;
    chain = q->first ? take_chain(q) : NULL;
    pthread_mutex_unlock(&q->lock);
    return chain;
}

void job_queue_ask_probe(struct job_queue *q)
{
    pthread_mutex_lock(&q->lock);
    q->probing = true;
    pthread_cond_signal(&q->work);
    pthread_mutex_unlock(&q->lock);
}

size_t job_queue_length(struct job_queue *q)
{
    size_t length;

    pthread_mutex_lock(&q->lock);
    length = q->length;
    pthread_mutex_unlock(&q->lock);
    return length;
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

void job_queue_close(struct job_queue *q)
{
    pthread_mutex_lock(&q->lock);
    q->closed = true;
    pthread_cond_signal(&q->work);
    pthread_mutex_unlock(&q->lock);
}

void job_queue_finish(struct job_queue *q)
{
    pthread_mutex_destroy(&q->lock);
    pthread_cond_destroy(&q->work);
}
