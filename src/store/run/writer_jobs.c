/*
 * How a job comes to the writer and goes back: taken or refused, withdrawn, displaced, done.
 *
 * SPDX-License-Identifier: MIT
 */
#include <assert.h>

#include "store/run/writer_private.h"

/* Nobody is told to wait for longer, in seconds. */
#define RETRY_MAX 60

void writer_hand_back(struct completion *completion)
{
    while (completion) {
        struct completion_queue *completions = job_of(completion)->completions;
        struct completion *first = NULL, **tail = &first, *last = NULL;
        struct completion *others = NULL, **others_tail = &others;

        for (struct completion *next; completion; completion = next) {
            next = completion->next;
            completion->next = NULL;
            if (job_of(completion)->completions == completions) {
                *tail = last = completion;
                tail = &completion->next;
            } else {
                *others_tail = completion;
                others_tail = &completion->next;
            }
        }
        completion_queue_post(completions, first, last);
        completion = others;
    }
}

/* In whole seconds, one at least. */
static int retry_after(struct writer *w, bool slow)
{
    int64_t seconds = job_queue_estimate(&w->queue, slow) / 1000000 + 1;

    return seconds > RETRY_MAX ? RETRY_MAX : (int)seconds;
}

static bool tell_busy(struct writer *w, struct error *e, bool slow)
{
    e->retry_after = retry_after(w, slow);
    return error_hint(e, "Nothing of it was done: send the request again later.");
}

static bool no_room(struct writer *w, struct job *job)
{
    error_set(job->error, ERROR_BUSY, "%zu slow writes are waiting already", w->options.slow_max);
    return tell_busy(w, job->error, true);
}

void writer_hand_back_displaced(struct writer *w, struct job *job)
{
    uint64_t n = 0;

    for (struct job *at = job; at; at = job_next(at), n++)
        (void)no_room(w, at);
    atomic_fetch_add_explicit(&w->refused, n, memory_order_relaxed);
    writer_hand_back(&job->completion);
}

static bool refuse(struct writer *w, struct job *job, enum queued queued)
{
    atomic_fetch_add_explicit(&w->refused, 1, memory_order_relaxed);
    if (queued == QUEUED_CLOSED)
        return error_set(job->error, ERROR_DRAINING, "the server is shutting down");
    error_set(job->error, ERROR_BUSY, "%zu writes are waiting already", w->options.queue_max);
    return tell_busy(w, job->error, false);
}

bool writer_read_only(const char *what, struct error *e)
{
    error_set(e, ERROR_READ_ONLY, "cannot execute %s in a read-only transaction", what);
    error_details(e, "The database is served read-only.");
    return error_hint(e, "The Allow header lists what can be done.");
}

bool writer_submit(struct writer *w, struct job *job)
{
    struct job *displaced;
    enum queued queued;

    assert((job->run || job->operations) && job->completions);
    error_clear(job->error);
    if (w->read_only)
        return writer_read_only("a query that writes", job->error);
    queued = job_queue_put(&w->queue, job, &displaced);
    if (queued != QUEUED)
        return refuse(w, job, queued);
    if (displaced == job) {
        atomic_fetch_add_explicit(&w->refused, 1, memory_order_relaxed);
        return no_room(w, job);
    }
    if (displaced)
        writer_hand_back_displaced(w, displaced);
    return true;
}

bool writer_withdraw(struct writer *w, struct job *job)
{
    bool slow;

    if (!job_queue_withdraw(&w->queue, job, &slow))
        return false;
    atomic_fetch_add_explicit(&w->withdrawn, 1, memory_order_relaxed);
    error_set(job->error, ERROR_BUSY, "the write waited for as long as its request may take");
    (void)tell_busy(w, job->error, slow);
    return true;
}
