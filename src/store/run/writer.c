/* SPDX-License-Identifier: MIT */
#include "store/run/writer.h"

#include <stdlib.h>

#include <sqlite3.h>

#include "base/clock.h"
#include "store/db/db.h"
#include "store/db/stopping.h"
#include "store/run/writer_private.h"
#include "store/store.h"

/* sqlite.org/c3ref/wal_hook.html: called after each commit; replaces the automatic checkpoint. */
static int note_wal(void *context, sqlite3 *handle, const char *schema, int pages)
{
    struct writer *w = context;
    (void)handle, (void)schema;

    atomic_store_explicit(&w->wal_pages, pages, memory_order_relaxed);
    return SQLITE_OK;
}

/* What it has committed is not known: the readers are to look in any case. */
static void run_alone(struct writer *w, struct job *job)
{
    db_rollback(w->db);
    if (!db_files_stay(&w->store->files, job->error))
        return;
    if (!job->run(job, w->db))
        (void)error_set(job->error, ERROR_INTERNAL, "the job failed without a reason");
    store_committed(w->store);
}

/* Counts the jobs' outcomes: after writer_hand_back they are no longer ours to look at. `wrote`:
 * something was changed, and is kept if a job succeeded. */
static void count_jobs(struct writer *w, const struct batch *b, bool wrote)
{
    const struct error *trouble = NULL;
    uint64_t jobs = b->jobs.length, failed = 0;

    for (const struct job *job = b->jobs.first; job; job = job_next(job)) {
        const struct error *e = job->error;

        failed += error_is_set(e);
        if (trouble_is(e->code))
            trouble = e;
    }
    if (trouble)
        trouble_set(&w->trouble, trouble);
    else if (wrote && failed < jobs)
        trouble_clear(&w->trouble);
    if (jobs > 0)
        histogram_observe(&w->batches, &buckets_batch, jobs);
    counter_add(&w->jobs, jobs);
    counter_add(&w->failed, failed);
    counter_add(&w->undone, b->undone);
    counter_add(&w->overdue, b->overdue);
}

static void run_batch(struct writer *w, enum work work)
{
    struct batch *b = &w->batch;
    int64_t before = db_total_changes(w->db);

    if (work == WORK_SLOW)
        batch_run_slow(b);
    else
        batch_run_fast(b);
    if (b->commit_us >= 0)
        histogram_observe(&w->commits, &buckets_duration, (uint64_t)b->commit_us);
    db_count_pages(w->db);
    count_jobs(w, b, b->commit_us >= 0 && db_total_changes(w->db) != before);
    if (b->jobs.first)
        writer_hand_back(&b->jobs.first->completion);
    if (b->displaced.first)
        writer_hand_back_displaced(w, b->displaced.first);
}

static void run_alone_of_queue(struct writer *w)
{
    struct batch *b = &w->batch;
    struct job *job = job_queue_take_alone(&w->queue, clock_us());

    if (!job)
        return;
    batch_clear(b);
    job_list_append(&b->jobs, job);
    run_alone(w, job);
    db_count_pages(w->db);
    count_jobs(w, b, false);
    writer_hand_back(&job->completion);
}

static void *writer_main(void *context)
{
    struct writer *w = context;
    int64_t lock_us = (int64_t)w->store->options.busy_ms * 1000;
    enum work work;

    while ((work = job_queue_wait(&w->queue, lock_us)) != WORK_ENDED) {
        if (work == WORK_PROBE) {
            trouble_probe(&w->trouble, w->db, &w->store->files);
            continue;
        }
        if (work == WORK_ALONE)
            run_alone_of_queue(w);
        else
            run_batch(w, work);
        checkpoint_notice(w->checkpoint, w->db,
                          atomic_load_explicit(&w->wal_pages, memory_order_relaxed));
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
    trouble_init(&w->trouble);
    if (!job_queue_init(&w->queue, options->queue_max, options->slow_max, options->batch_max)) {
        error_set(e, ERROR_MEMORY, "out of memory");
        writer_stop(w);
        return NULL;
    }
    if (store->options.read_only)
        return start_none(w);
    w->db = db_open(store->path, DB_CHECK, &store->options, e);
    stopping_watch(options->stopping, w->db);
    if (w->db && db_integer(w->db, "PRAGMA page_size", &w->page_size, e) && try_files(w, e))
        w->checkpoint = checkpoint_start(store, options->checkpoint_pages, options->stopping, e);
    if (!w->checkpoint) {
        writer_stop(w);
        return NULL;
    }
    sqlite3_wal_hook(db_handle(w->db), note_wal, w);
    w->batch = (struct batch){
        .store = store, .db = w->db, .queue = &w->queue, .share_us = options->share_us};
    atomic_store(&w->alive, true);
    w->started = pthread_create(&w->thread, NULL, writer_main, w) == 0;
    if (!w->started) {
        error_set(e, ERROR_FAILURE, "cannot start the writer thread");
        writer_stop(w);
        return NULL;
    }
    return w;
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
        checkpoint_final(w->db, w->options.stopping);
    stopping_forget(w->options.stopping, w->db);
    db_close(w->db);
    job_queue_finish(&w->queue);
    trouble_finish(&w->trouble);
    free(w);
}
