/*
 * Readers that are kept for streams, one for each: a reader has the snapshot and the statement that its
 * stream goes on with. Those that come back are made ready again by the lane's threads.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "store/run/lane_private.h"
#include "store/run/reader.h"

/* After so many seconds one of those that are sent may have ended. */
#define RETRY_SECONDS 5

bool lane_streams_init(struct lane *lane, struct error *e)
{
    struct lane_streams *s = &lane->streams;

    s->max = lane->options.streams;
    s->max_spare = lane->options.threads;
    /* A thread takes them back before each job, in which it may keep one. */
    s->returned = calloc(s->max + 2 * s->max_spare, sizeof(struct reader *));
    s->spare = calloc(s->max_spare, sizeof(struct reader *));
    if (s->returned && s->spare)
        return true;
    return error_set(e, ERROR_MEMORY, "out of memory");
}

/* Under the lock, which it leaves meanwhile. */
static void close_reader(struct lane *lane, struct reader *reader)
{
    reader_collect(reader, &lane->streams.closed);
    pthread_mutex_unlock(&lane->lock);
    reader_take_up(reader);
    reader_close(reader);
    (void)memory_own(MEMORY_SQLITE, 0);
    pthread_mutex_lock(&lane->lock);
}

void lane_streams_finish(struct lane *lane)
{
    struct lane_streams *s = &lane->streams;

    lane_streams_rest(lane);
    while (s->n_returned > 0)
        close_reader(lane, s->returned[--s->n_returned]);
    free(s->returned);
    free(s->spare);
}

void lane_streams_rest(struct lane *lane)
{
    struct lane_streams *s = &lane->streams;

    while (s->n_spare > 0)
        close_reader(lane, s->spare[--s->n_spare]);
}

static bool is_of(const struct lane_job *a, const struct lane_job *b)
{
    return a->address[0] == b->address[0] && a->address[1] == b->address[1];
}

static size_t count_of_client(const struct lane_streams *s, const struct lane_job *job)
{
    size_t n = 0;

    for (const struct lane_job *kept = s->first; kept; kept = kept->kept_next)
        n += is_of(kept, job);
    return n;
}

static bool say_too_many(const struct lane_streams *s, size_t n, struct error *e)
{
    error_set(e, ERROR_BUSY, "%zu answers are being sent in pieces already", n);
    error_hint(
        e,
        "Send the request again later, or ask for fewer rows with limit=; --max-streams is %zu, "
        "half of them for one client.",
        s->max);
    e->retry_after = RETRY_SECONDS;
    return false;
}

/* Under the lock. */
static bool join(struct lane_streams *s, struct lane_job *job, struct error *e)
{
    size_t own = count_of_client(s, job);

    if (s->n >= s->max)
        return say_too_many(s, s->n, e);
    if (own >= (s->max + 1) / 2)
        return say_too_many(s, own, e);
    job->kept_us = clock_us();
    job->kept_next = NULL;
    job->kept_before = s->last;
    *(s->last ? &s->last->kept_next : &s->first) = job;
    s->last = job;
    s->n++;
    return true;
}

/* Under the lock. */
static void leave(struct lane_streams *s, struct lane_job *job)
{
    *(job->kept_before ? &job->kept_before->kept_next : &s->first) = job->kept_next;
    *(job->kept_next ? &job->kept_next->kept_before : &s->last) = job->kept_before;
    job->kept_next = job->kept_before = NULL;
    s->n--;
}

/* A spare reader, or a new one; NULL with the error. The thread's own is the thread's before and after. */
static struct reader *another_reader(struct lane *lane, struct reader *own, struct error *e)
{
    struct lane_streams *s = &lane->streams;
    struct reader *reader = NULL;

    pthread_mutex_lock(&lane->lock);
    if (s->n_spare > 0)
        reader = s->spare[--s->n_spare];
    pthread_mutex_unlock(&lane->lock);
    if (reader)
        return reader;
    reader_put_down(own);
    reader = reader_open_lean(lane->store, e);
    if (reader)
        reader_put_down(reader);
    reader_take_up(own);
    return reader;
}

bool lane_keep_reader(struct lane *lane, struct lane_job *job, struct error *e)
{
    struct lane_thread *t = job->thread;
    struct reader *another = NULL;
    bool ok;

    pthread_mutex_lock(&lane->lock);
    ok = join(&lane->streams, job, e);
    pthread_mutex_unlock(&lane->lock);
    if (!ok)
        return false;
    if (reader_make_small(t->reader, e))
        another = another_reader(lane, t->reader, e);
    pthread_mutex_lock(&lane->lock);
    if (another) {
        job->reader = t->reader;
        t->reader = another;
    } else {
        leave(&lane->streams, job);
    }
    pthread_mutex_unlock(&lane->lock);
    return another != NULL;
}

void lane_return_reader(struct lane *lane, struct lane_job *job)
{
    struct lane_streams *s = &lane->streams;

    reader_take_up(job->reader);
    reader_release(job->reader); /* the log need not wait for a thread to look after it */
    reader_put_down(job->reader);
    pthread_mutex_lock(&lane->lock);
    leave(s, job);
    s->returned[s->n_returned++] = job->reader;
    job->reader = NULL;
    pthread_mutex_unlock(&lane->lock);
    pthread_cond_signal(&lane->work);
}

/* Its snapshot ends, and it is as a thread's again. False if it is not to be had so. */
static bool make_ready(struct reader *reader)
{
    struct error ignored = error_none();
    bool ok;

    reader_take_up(reader);
    reader_rest(reader);
    ok = reader_make_full(reader, &ignored);
    reader_put_down(reader);
    return ok;
}

void lane_streams_take_back(struct lane *lane, struct lane_thread *t)
{
    struct lane_streams *s = &lane->streams;

    while (s->n_returned > 0) {
        struct reader *unwanted = NULL;
        bool is_ready;

        t->returned = s->returned[--s->n_returned];
        pthread_mutex_unlock(&lane->lock);
        is_ready = make_ready(t->returned);
        pthread_mutex_lock(&lane->lock);
        if (is_ready && s->n_spare < s->max_spare)
            s->spare[s->n_spare++] = t->returned;
        else
            unwanted = t->returned;
        t->returned = NULL;
        if (unwanted)
            close_reader(lane, unwanted);
    }
}

void lane_streams_collect(const struct lane *lane, struct db_cache_counts *sum)
{
    const struct lane_streams *s = &lane->streams;

    sum->page_hits += s->closed.page_hits;
    sum->page_misses += s->closed.page_misses;
    sum->statement_hits += s->closed.statement_hits;
    sum->statement_misses += s->closed.statement_misses;
    for (const struct lane_job *job = s->first; job; job = job->kept_next) {
        if (job->reader)
            reader_collect(job->reader, sum);
    }
    for (size_t i = 0; i < s->n_returned; i++)
        reader_collect(s->returned[i], sum);
    for (size_t i = 0; i < s->n_spare; i++)
        reader_collect(s->spare[i], sum);
    for (size_t i = 0; i < lane->options.threads; i++) {
        if (lane->threads[i].returned)
            reader_collect(lane->threads[i].returned, sum);
    }
}
