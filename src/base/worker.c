/* SPDX-License-Identifier: MIT */
#include "base/worker.h"

#include <stdlib.h>

#include "base/memory.h"

struct worker {
    pthread_t thread;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t wake;
    bool stopping;
    struct completion *first, *last; /* jobs that wait, oldest first */
};

/* Behind the lock. */
static struct worker_job *take_first(struct worker *w)
{
    struct completion *job = w->first;

    w->first = job->next;
    if (!w->first)
        w->last = NULL;
    job->next = NULL;
    return (struct worker_job *)job;
}

static void do_job(struct worker_job *job)
{
    struct completion_queue *back = job->completions;

    job->run(job);
    if (back)
        completion_queue_post(back, &job->completion, &job->completion);
}

/* Behind the lock, which it leaves meanwhile. */
static void wait_for_job(struct worker *w, bool *rested)
{
    if (!memory_wait(&w->wake, &w->lock, rested))
        return;
    pthread_mutex_unlock(&w->lock);
    memory_return();
    pthread_mutex_lock(&w->lock);
}

static void *worker_main(void *context)
{
    struct worker *w = context;
    bool rested = false;

    pthread_mutex_lock(&w->lock);
    while (w->first || !w->stopping) {
        if (!w->first) {
            wait_for_job(w, &rested);
            continue;
        }
        struct worker_job *job = take_first(w);

        pthread_mutex_unlock(&w->lock);
        do_job(job);
        rested = false;
        pthread_mutex_lock(&w->lock);
    }
    pthread_mutex_unlock(&w->lock);
    memory_return();
    return NULL;
}

static void free_worker(struct worker *w)
{
    pthread_mutex_destroy(&w->lock);
    pthread_cond_destroy(&w->wake);
    free(w);
}

struct worker *worker_start(struct error *e)
{
    struct worker *w = calloc(1, sizeof *w);

    if (!w) {
        error_set(e, ERROR_MEMORY, "out of memory");
        return NULL;
    }
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->wake, NULL);
    if (pthread_create(&w->thread, NULL, worker_main, w) == 0)
        return w;
    free_worker(w);
    error_set(e, ERROR_FAILURE, "cannot start a thread");
    return NULL;
}

void worker_submit(struct worker *w, struct worker_job *job)
{
    job->completion.next = NULL;
    pthread_mutex_lock(&w->lock);
    *(w->last ? &w->last->next : &w->first) = &job->completion;
    w->last = &job->completion;
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->lock);
}

void worker_stop(struct worker *w)
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
