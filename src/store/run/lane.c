/* SPDX-License-Identifier: MIT */
#include "store/run/lane.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "store/run/lane_private.h"
#include "store/run/reader.h"

/* The loops and the writer, which have little to do, come before a query that takes seconds. */
#define LANE_NICE 5

/* How much a run moves the mean of all. */
#define MEAN_PARTS 8

/* Between two looks whether the log has started over. */
#define GAP_LOOK_US 20000

static int64_t cpu_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* Under the lock, which it leaves meanwhile. */
static void wait_for_work(struct lane *lane, struct lane_thread *t, bool *rested)
{
    if (!memory_wait(&lane->work, &lane->lock, rested))
        return;
    pthread_mutex_unlock(&lane->lock);
    reader_take_up(t->reader);
    reader_rest(t->reader);
    reader_put_down(t->reader);
    pthread_mutex_lock(&lane->lock);
    lane_streams_rest(lane);
    pthread_mutex_unlock(&lane->lock);
    memory_return();
    pthread_mutex_lock(&lane->lock);
}

/* A stream keeps the log as it is, and its pieces are not to wait: there is no gap while there is one. */
static bool must_wait(struct lane *lane)
{
    if (lane->closed || lane->streams.n > 0)
        return false;
    return log_pause_holds(&lane->pause, lane_count_running(lane), clock_us());
}

/* Lets the write-ahead log start over, if it is so long that what waits is held back for it. */
static void make_gap(struct lane *lane)
{
    while (must_wait(lane)) {
        pthread_mutex_unlock(&lane->lock);
        usleep(GAP_LOOK_US);
        pthread_mutex_lock(&lane->lock);
    }
}

/* The pieces of a stream, which are many and short, are not among what is counted of jobs. */
static void note_taken(struct lane *lane, struct lane_thread *t, const struct lane_job *job)
{
    t->since_us = clock_us();
    t->has_piece = job->reader != NULL;
    if (!t->has_piece)
        histogram_observe(&lane->waits, &buckets_duration,
                          (uint64_t)(t->since_us - job->queued_us));
}

static struct lane_job *take(struct lane *lane, struct lane_thread *t)
{
    struct lane_job *job;
    bool rested = false;

    pthread_mutex_lock(&lane->lock);
    make_gap(lane);
    lane_streams_take_back(lane, t);
    while ((job = lane_queue_take(&lane->queue)) == NULL) {
        if (lane->closed)
            break;
        wait_for_work(lane, t, &rested);
        make_gap(lane);
        lane_streams_take_back(lane, t);
    }
    if (job)
        note_taken(lane, t, job);
    pthread_mutex_unlock(&lane->lock);
    return job;
}

static bool is_cancelled(const struct lane_job *job)
{
    return atomic_load_explicit(&job->cancelled, memory_order_relaxed);
}

/* Returns the processor time that it took: on a busy machine a fast statement may wait for long. */
static int64_t run_job(struct lane_thread *t, struct lane_job *job)
{
    struct reader *reader = job->reader ? job->reader : t->reader;
    int64_t us, began = cpu_us();

    job->shape = 0;
    job->ends = false;
    if (is_cancelled(job))
        return 0;
    job->thread = t;
    reader_take_up(reader);
    reader_cancel_by(reader, &job->cancelled);
    job->run(job, reader);
    reader_cancel_by(reader, NULL);
    us = cpu_us() - began;
    if (!job->reader)
        reader_rest(reader); /* checkpoints can pass; slow reads are rare, and need much memory */
    reader_put_down(reader);
    if (job->ends)
        lane_return_reader(t->lane, job);
    if (!t->has_piece)
        memory_return();
    return us;
}

/* A statement that takes more than half of the budget is neither slow nor to be forgiven. */
static void note_shape(struct lane *lane, uint64_t shape, int64_t us)
{
    bool slow = us > lane->options.budget_us;

    if (shape && (slow || us <= lane->options.budget_us / 2))
        slow_shapes_note(&lane->shapes, shape, slow);
}

/* After it the job is its owner's. */
static void end(struct lane *lane, struct lane_thread *t, struct lane_job *job, int64_t cpu)
{
    int64_t us;

    pthread_mutex_lock(&lane->lock);
    us = clock_us() - t->since_us;
    t->since_us = 0;
    lane->cancelled += is_cancelled(job);
    if (!t->has_piece) {
        lane->mean_us += (us - lane->mean_us) / MEAN_PARTS;
        histogram_observe(&lane->runs, &buckets_duration, (uint64_t)us);
        note_shape(lane, job->shape, cpu);
    }
    lane_queue_done(job->client);
    pthread_mutex_unlock(&lane->lock);
    completion_queue_post(job->completions, &job->completion, &job->completion);
}

static void *lane_main(void *context)
{
    struct lane_thread *t = context;
    struct lane_job *job;

    /* On Linux a thread has a priority of its own, and may always lower it. */
    (void)setpriority(PRIO_PROCESS, (id_t)gettid(), getpriority(PRIO_PROCESS, 0) + LANE_NICE);
    while ((job = take(t->lane, t)) != NULL)
        end(t->lane, t, job, run_job(t, job));
    return NULL;
}

static bool start_thread(struct lane *lane, struct lane_thread *t, struct store *store,
                         struct error *e)
{
    t->lane = lane;
    t->reader = reader_open_lean(store, e);
    if (!t->reader)
        return false;
    reader_put_down(t->reader);
    t->started = pthread_create(&t->thread, NULL, lane_main, t) == 0;
    return t->started || error_set(e, ERROR_FAILURE, "cannot start a thread of the reader lane");
}

struct lane *lane_start(struct store *store, const struct lane_options *options, struct error *e)
{
    struct lane *lane = calloc(1, sizeof *lane + options->threads * sizeof *lane->threads);

    if (!lane) {
        error_set(e, ERROR_MEMORY, "out of memory");
        return NULL;
    }
    lane->options = *options;
    lane->store = store;
    lane->pause.store = store;
    pthread_mutex_init(&lane->lock, NULL);
    pthread_cond_init(&lane->work, NULL);
    bool ok =
        lane_queue_init(&lane->queue, options->queue_max, options->threads, options->streams, e) &&
        lane_streams_init(lane, e);
    for (size_t i = 0; i < options->threads && ok; i++)
        ok = start_thread(lane, &lane->threads[i], store, e);
    if (ok)
        return lane;
    lane_stop(lane);
    return NULL;
}

static bool put(struct lane *lane, struct lane_job *job, struct error *e)
{
    size_t ahead;

    if (lane->closed)
        return error_set(e, ERROR_DRAINING, "the server is shutting down");
    if (!lane_queue_put(&lane->queue, job, &ahead))
        return lane_refuse(lane, ahead, e);
    if (!job->reader)
        lane->jobs[job->reason]++;
    return true;
}

bool lane_submit(struct lane *lane, struct lane_job *job, struct error *e)
{
    bool ok;

    assert(job->run && job->completions);
    job->queued_us = clock_us();
    pthread_mutex_lock(&lane->lock);
    ok = put(lane, job, e);
    lane->refused += !ok;
    pthread_mutex_unlock(&lane->lock);
    if (ok)
        pthread_cond_signal(&lane->work);
    return ok;
}

bool lane_withdraw(struct lane *lane, struct lane_job *job)
{
    bool waited;

    pthread_mutex_lock(&lane->lock);
    waited = lane_queue_remove(&lane->queue, job);
    if (waited)
        *(is_cancelled(job) ? &lane->cancelled : &lane->withdrawn) += 1;
    pthread_mutex_unlock(&lane->lock);
    return waited;
}

const struct slow_shapes *lane_slow_shapes(const struct lane *lane)
{
    return &lane->shapes;
}

void lane_stop(struct lane *lane)
{
    if (!lane)
        return;
    pthread_mutex_lock(&lane->lock);
    lane->closed = true;
    pthread_cond_broadcast(&lane->work);
    pthread_mutex_unlock(&lane->lock);
    for (size_t i = 0; i < lane->options.threads; i++) {
        struct lane_thread *t = &lane->threads[i];

        if (t->started)
            pthread_join(t->thread, NULL);
        reader_close(t->reader);
    }
    pthread_mutex_lock(&lane->lock);
    lane_streams_finish(lane);
    pthread_mutex_unlock(&lane->lock);
    lane_queue_finish(&lane->queue);
    pthread_mutex_destroy(&lane->lock);
    pthread_cond_destroy(&lane->work);
    free(lane);
}
