/* SPDX-License-Identifier: MIT */
#include "access/account/password_worker.h"

#include <pthread.h>
#include <stdlib.h>

#include "store/run/writer.h"

struct waiting {
    struct job *job;
    struct password_work *work;
};

struct password_worker {
    pthread_t thread;
    const _Atomic bool *cut_off; /* the process ends, and no longer does what waits */
    pthread_mutex_t lock;        /* guards what follows */
    pthread_cond_t wake;
    bool stopping;
    size_t max, n, first; /* a ring: those that wait, and the one at hand is the first of them */
    struct waiting waiting[];
};

static void work(const struct password_worker *worker, const struct waiting *at)
{
    struct password_work *w = at->work;
    struct error *e = at->job->error; /* which says whether it failed */
    bool ok;

    if (atomic_load_explicit(worker->cut_off, memory_order_relaxed))
        ok = error_set(e, ERROR_DRAINING, "the server is shutting down");
    else if (w->compares)
        ok = password_check(w->password, slice_from(w->phc), &w->matches, e);
    else
        ok = password_hash(w->password, w->phc, e);
    (void)ok;
}

/* Called, and returns, with the lock held. */
static void work_on_first(struct password_worker *w)
{
    const struct waiting at = w->waiting[w->first];

    pthread_mutex_unlock(&w->lock);
    work(w, &at);
    completion_queue_post(at.job->completions, &at.job->completion, &at.job->completion);
    pthread_mutex_lock(&w->lock);
    w->first = (w->first + 1) % w->max;
    w->n--;
}

static void *worker_main(void *context)
{
    struct password_worker *w = context;
    bool rested = false;

    pthread_mutex_lock(&w->lock);
    while (!w->stopping || w->n > 0) {
        if (w->n > 0) {
            work_on_first(w);
            rested = false;
        } else {
            (void)memory_wait(&w->wake, &w->lock, &rested);
        }
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

static void free_worker(struct password_worker *w)
{
    pthread_mutex_destroy(&w->lock);
    pthread_cond_destroy(&w->wake);
    free(w);
}

struct password_worker *password_worker_start(size_t queue, const _Atomic bool *stopping,
                                              struct error *e)
{
    struct password_worker *w = calloc(1, sizeof *w + (queue + 1) * sizeof *w->waiting);

    if (!w) {
        error_set(e, ERROR_MEMORY, "out of memory");
        return NULL;
    }
    w->cut_off = stopping;
    w->max = queue + 1;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->wake, NULL);
    if (pthread_create(&w->thread, NULL, worker_main, w) == 0)
        return w;
    free_worker(w);
    error_set(e, ERROR_FAILURE, "cannot start the thread for passwords");
    return NULL;
}

static size_t count_of_address(const struct password_worker *w, uint64_t address)
{
    size_t n = 0;

    for (size_t i = 0; i < w->n; i++)
        n += w->waiting[(w->first + i) % w->max].job->address == address;
    return n;
}

/* A caller whose address is not known, as a unix socket's, shares with all. */
static bool has_room(const struct password_worker *w, const struct job *job)
{
    if (w->n == w->max)
        return false;
    return job->address == 0 || count_of_address(w, job->address) < (w->max + 1) / 2;
}

static bool refuse(struct job *job, bool stopping)
{
    if (stopping)
        return error_set(job->error, ERROR_DRAINING, "the server is shutting down");
    error_set(job->error, ERROR_TOO_MANY, "too many passwords are being looked at");
    return error_hint(job->error, "Send the request again in a moment.");
}

bool password_worker_submit(struct password_worker *w, struct job *job, struct password_work *work)
{
    bool stopping, taken = false;

    error_clear(job->error);
    pthread_mutex_lock(&w->lock);
    stopping = w->stopping;
    if (!stopping && has_room(w, job)) {
        w->waiting[(w->first + w->n++) % w->max] = (struct waiting){job, work};
        pthread_cond_signal(&w->wake);
        taken = true;
    }
    pthread_mutex_unlock(&w->lock);
    return taken || refuse(job, stopping);
}

size_t password_worker_waiting(struct password_worker *w)
{
    size_t n;

    pthread_mutex_lock(&w->lock);
    n = w->n;
    pthread_mutex_unlock(&w->lock);
    return n;
}

void password_worker_stop(struct password_worker *w)
{
    if (!w)
        return;
    pthread_mutex_lock(&w->lock);
    w->stopping = true;
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    free_worker(w);
}
