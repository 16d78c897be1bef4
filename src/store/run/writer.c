/* SPDX-License-Identifier: MIT */
#include "store/run/writer.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include <sqlite3.h>

#include "base/clock.h"
#include "store/db/db.h"
#include "store/run/batch.h"
#include "store/run/job_queue.h"
#include "store/run/trouble.h"
#include "store/store.h"

struct writer {
    struct store *store;
    struct db *db;
    struct checkpoint *checkpoint;
    struct trouble trouble;
    struct writer_options options;
    pthread_t thread;
    bool started;
    bool read_only; /* there is no connection and no thread */

    struct job_queue queue;

    struct counter jobs, failed; /* the thread's */
    struct histogram batches, commits;
    _Atomic uint64_t refused; /* by any thread */
    _Atomic int64_t wal_pages;
    int64_t page_size;
    _Atomic bool alive;
};

/* sqlite.org/c3ref/wal_hook.html: called after each commit; replaces the automatic checkpoint. */
static int note_wal(void *context, sqlite3 *handle, const char *schema, int pages)
{
    struct writer *w = context;
    (void)handle, (void)schema;

    atomic_store_explicit(&w->wal_pages, pages, memory_order_relaxed);
    return SQLITE_OK;
}

/* What it has committed is not known: the readers are to look in any case. -1: no COMMIT of ours. */
static int64_t run_alone(struct writer *w, struct job *job)
{
    db_rollback(w->db);
    if (!db_files_stay(&w->store->files, job->error))
        return -1;
    if (!job->run(job, w->db))
        (void)error_set(job->error, ERROR_INTERNAL, "the job failed without a reason");
    store_committed(w->store);
    return -1;
}

/* Counts the jobs' outcomes: after hand_back they are no longer ours to look at. `wrote`: something
 * was changed, and is kept if a job succeeded. */
static void count_jobs(struct writer *w, struct completion *completion, bool wrote)
{
    const struct error *trouble = NULL;
    uint64_t jobs = 0, failed = 0;

    for (; completion; completion = completion->next) {
        const struct error *e = job_of(completion)->error;

        jobs++;
        failed += error_is_set(e);
        if (trouble_is(e->code))
            trouble = e;
    }
    if (trouble)
        trouble_set(&w->trouble, trouble);
    else if (wrote && failed < jobs)
        trouble_clear(&w->trouble);
    histogram_observe(&w->batches, &buckets_batch, jobs);
    counter_add(&w->jobs, jobs);
    counter_add(&w->failed, failed);
}

/* One post, and so one wake-up, for each completion queue, whatever the number of jobs. */
static void hand_back(struct completion *completion)
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

static void run_batch(struct writer *w, struct completion *batch)
{
    struct job *job = job_of(batch);
    int64_t before = db_total_changes(w->db);
    int64_t us = job->alone ? run_alone(w, job) : batch_run(w->store, w->db, job);

    if (us >= 0)
        histogram_observe(&w->commits, &buckets_duration, (uint64_t)us);
    db_count_pages(w->db);
    count_jobs(w, batch, us >= 0 && db_total_changes(w->db) != before);
    hand_back(batch);
    checkpoint_notice(w->checkpoint, w->db,
                      atomic_load_explicit(&w->wal_pages, memory_order_relaxed));
}

static void *writer_main(void *context)
{
    struct writer *w = context;
    struct completion *batch;
    bool probe;

    while ((batch = job_queue_take(&w->queue, &probe)) != NULL || probe) {
        if (probe)
            trouble_probe(&w->trouble, w->db, &w->store->files);
        if (batch)
            run_batch(w, batch);
    }
    atomic_store(&w->alive, false);
    return NULL;
}

/* Looks at what the connection has opened, and whether it could write. */
static bool try_files(struct writer *w, struct error *e)
{
    struct error cause = error_none();

    db_files_note(&w->store->files, w->store->path, sqlite3_db_filename(db_handle(w->db), "main"));
    if (!db_begin_immediate(w->db, &cause) && cause.code != ERROR_LOCKED)
        return error_set(e, cause.code, "cannot write database %s: %s", w->store->path,
                         cause.message);
    db_rollback(w->db);
    return true;
}

/* One that has no thread and takes no jobs. */
static struct writer *start_none(struct writer *w)
{
    w->read_only = true;
    atomic_store(&w->alive, true);
    return w;
}

struct writer *writer_start(struct store *store, const struct writer_options *options,
                            struct error *e)
{
    struct writer *w = calloc(1, sizeof *w);

    if (!w) {
        error_set(e, ERROR_MEMORY, "out of memory");
        return NULL;
    }
    w->store = store;
    w->options = *options;
    job_queue_init(&w->queue, options->queue_max, options->batch_max);
    trouble_init(&w->trouble);
    if (store->options.read_only)
        return start_none(w);
    w->db = db_open(store->path, DB_CHECK, &store->options, e);
    if (w->db && db_integer(w->db, "PRAGMA page_size", &w->page_size, e) && try_files(w, e))
        w->checkpoint = checkpoint_start(store, options->checkpoint_pages, e);
    if (!w->checkpoint) {
        writer_stop(w);
        return NULL;
    }
    sqlite3_wal_hook(db_handle(w->db), note_wal, w);
    atomic_store(&w->alive, true);
    w->started = pthread_create(&w->thread, NULL, writer_main, w) == 0;
    if (!w->started) {
        error_set(e, ERROR_FAILURE, "cannot start the writer thread");
        writer_stop(w);
        return NULL;
    }
    return w;
}

static bool refuse(struct writer *w, struct job *job, enum queued queued)
{
    atomic_fetch_add_explicit(&w->refused, 1, memory_order_relaxed);
    if (queued == QUEUED_CLOSED)
        return error_set(job->error, ERROR_DRAINING, "the server is shutting down");
    error_set(job->error, ERROR_BUSY, "%zu writes are waiting already", w->options.queue_max);
    return error_hint(job->error, "Send the request again later.");
}

bool writer_read_only(const char *what, struct error *e)
{
    error_set(e, ERROR_READ_ONLY, "cannot execute %s in a read-only transaction", what);
    error_details(e, "The database is served read-only.");
    return error_hint(e, "The Allow header lists what can be done.");
}

bool writer_submit(struct writer *w, struct job *job)
{
    enum queued queued;

    assert((job->run || job->operations) && job->completions);
    error_clear(job->error);
    if (w->read_only)
        return writer_read_only("a query that writes", job->error);
    queued = job_queue_put(&w->queue, job);
    return queued == QUEUED || refuse(w, job, queued);
}

void writer_stats(struct writer *w, struct writer_stats *out)
{
    *out = (struct writer_stats){
        .jobs = counter_read(&w->jobs),
        .failed = counter_read(&w->failed),
        .refused = atomic_load_explicit(&w->refused, memory_order_relaxed),
        .queue_max = w->options.queue_max,
        .wal_pages = atomic_load_explicit(&w->wal_pages, memory_order_relaxed),
        .page_size = w->page_size,
        .alive = atomic_load(&w->alive),
    };
    histogram_collect(&w->batches, &out->batches);
    histogram_collect(&w->commits, &out->commits);
    if (!w->read_only) {
        checkpoint_collect(w->checkpoint, &out->checkpoints);
        db_collect_caches(w->db, &out->caches);
    }
    out->queued = job_queue_length(&w->queue);
}

bool writer_well(struct writer *w, struct error *e)
{
    bool probe;

    if (!atomic_load(&w->alive))
        return error_set(e, ERROR_FAILURE, "the writer has ended");
    if (w->read_only)
        return true;
    if (!db_files_stay(&w->store->files, e))
        return false;
    if (trouble_none(&w->trouble, clock_us(), &probe, e))
        return true;
    if (probe)
        job_queue_ask_probe(&w->queue);
    return false;
}

bool writer_moves(struct writer *w, uint64_t *seen)
{
    return job_queue_moves(&w->queue, seen) || w->read_only;
}

void writer_stop(struct writer *w)
{
    if (!w)
        return;
    job_queue_close(&w->queue);
    if (w->started)
        pthread_join(w->thread, NULL);
    checkpoint_stop(w->checkpoint);
    if (w->started && !w->store->options.no_checkpoints)
        checkpoint_final(w->db);
    db_close(w->db);
    job_queue_finish(&w->queue);
    trouble_finish(&w->trouble);
    free(w);
}
