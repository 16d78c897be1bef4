/*
 * How the writer is: for readiness, metrics and the watchdog.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/clock.h"
#include "store/db/db.h"
#include "store/run/writer_private.h"
#include "store/store.h"

/* What the writer is at for longer than this is told. */
#define SLOW_US ((int64_t)1000000)

enum writer_work writer_slow(struct writer *w, int64_t *us)
{
    int64_t since = atomic_load_explicit(&w->queue.busy_since_us, memory_order_relaxed);

    *us = since ? clock_us() - since : 0;
    if (*us < SLOW_US)
        return WRITER_IDLE;
    return atomic_load_explicit(&w->queue.busy_with, memory_order_relaxed);
}

void writer_stats(struct writer *w, struct writer_stats *out)
{
    int64_t since = atomic_load_explicit(&w->queue.busy_since_us, memory_order_relaxed);

    *out = (struct writer_stats){
        .jobs = counter_read(&w->jobs),
        .failed = counter_read(&w->failed),
        .refused = atomic_load_explicit(&w->refused, memory_order_relaxed),
        .undone = counter_read(&w->undone),
        .overdue = counter_read(&w->overdue),
        .withdrawn = atomic_load_explicit(&w->withdrawn, memory_order_relaxed),
        .queue_max = w->options.queue_max,
        .slow_max = w->options.slow_max,
        .busy_us = since ? clock_us() - since : 0,
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
    out->queued = job_queue_length(&w->queue, &out->slow);
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
