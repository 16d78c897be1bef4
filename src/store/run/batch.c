/* SPDX-License-Identifier: MIT */
#include "store/run/batch.h"

#include "base/clock.h"
#include "store/db/db.h"
#include "store/run/attempt.h"
#include "store/run/job_queue.h"
#include "store/run/writer.h"
#include "store/store.h"

/*
 * The first share of a job's time. It is halved so often at most: while one job after another overruns
 * it, so that many of them hold up the others for little more than two; at once for a job that is suspected.
 */
#define FIRST_SHARE_US SLOW_JOB_US
#define HALVINGS_MAX   5

static void fail_all(struct job_list *jobs, const struct error *cause)
{
    for (struct job *job = jobs->first; job; job = job_next(job)) {
        if (!error_is_set(job->error))
            *job->error = *cause;
    }
}

static void end_overrun(struct batch *b, struct job *job)
{
    error_clear(job->error);
    error_set(job->error, ERROR_TIMEOUT,
              "canceling the write: it takes longer than --write-timeout allows (%lld ms)",
              (long long)(b->share_us / 1000));
    error_hint(job->error, "Write fewer rows at once, let an index find them, or raise "
                           "--write-timeout.");
}

/* A long one that was stopped by its deadline. */
static void end_late(const struct job *job)
{
    error_clear(job->error);
    error_set(job->error, ERROR_TIMEOUT,
              "canceling the write: the rows take longer than --upload-timeout allows");
    error_hint(job->error, "Send fewer rows at once, or raise --upload-timeout.");
}

static void note_overdue(struct batch *b, struct job *job)
{
    if (job->error->code != ERROR_TIMEOUT)
        return;
    error_details(job->error, "Nothing of it was done.");
    b->overdue++;
}

static int64_t first_share(const struct batch *b, const struct job *job)
{
    unsigned halvings = job->suspected ? HALVINGS_MAX : b->overruns;
    int64_t share = FIRST_SHARE_US >> halvings;

    return b->share_us && b->share_us < share ? b->share_us : share;
}

/* The job took longer than its first share: it waits again, among the slow. */
static void put_back(struct batch *b, struct job *job, int64_t share_us)
{
    struct job *displaced;

    job_list_remove(&b->jobs, job);
    error_clear(job->error);
    b->undone++;
    if (!job->suspected && b->overruns < HALVINGS_MAX)
        b->overruns++;
    displaced = job_queue_put_slow(b->queue, job, share_us, b->now_us);
    if (displaced)
        job_list_append(&b->displaced, displaced);
}

/* A job of the fast ones, for the first time or again. As attempt. */
static bool run_first(struct batch *b, struct job *job, enum way way)
{
    int64_t share_us = first_share(b, job);
    bool kept = attempt(b, job, way, share_us);

    if (job->error->code == ERROR_OVER_BUDGET && share_us != b->share_us) {
        put_back(b, job, share_us);
        return kept;
    }
    if (job->error->code == ERROR_OVER_BUDGET)
        end_overrun(b, job);
    note_overdue(b, job);
    return kept;
}

/* Runs the jobs that wait, until there are no more, or the batch has lasted long enough. False: the
 * transaction is, or is to be, rolled back. */
static bool run_waiting(struct batch *b, enum way way)
{
    while (b->now_us - b->begun_us < BATCH_US) {
        struct job *job = job_queue_take(b->queue, b->now_us, FIRST_SHARE_US);

        if (!job)
            break;
        job_list_append(&b->jobs, job);
        if (!run_first(b, job, way))
            return false;
    }
    return true;
}

/* Runs again each job that has not failed. As run_waiting. */
static bool run_again(struct batch *b)
{
    for (struct job *job = b->jobs.first, *next; job; job = next) {
        next = job_next(job);
        if (error_is_set(job->error))
            continue;
        job_queue_busy(b->queue, WRITER_JOB, b->now_us);
        if (!run_first(b, job, WAY_CAREFUL))
            return false;
    }
    return true;
}

/* A transaction that could not be rolled back, for want of memory, is rolled back first. */
static bool begin(struct batch *b, struct error *e)
{
    bool ok;

    db_rollback(b->db);
    if (db_in_transaction(b->db))
        return error_set(e, ERROR_MEMORY, "out of memory");
    ok = db_begin_immediate(b->db, e);
    b->now_us = clock_us();
    return ok;
}

/* A wait for another process's lock ends when the oldest job's request does: it can still be told. */
static bool begin_for_oldest(struct batch *b, struct error *e)
{
    int64_t deadline = b->queue->oldest_deadline_us;
    int64_t left_ms = (deadline - b->queue->woke_us) / 1000;
    int busy_ms = b->store->options.busy_ms;
    bool ok;

    if (deadline && left_ms < busy_ms)
        db_busy_ms(b->db, left_ms > 0 ? (int)left_ms : 0);
    ok = begin(b, e);
    db_busy_ms(b->db, busy_ms);
    return ok;
}

/* Of the slow ones that overran their first share none waits any more. */
static void forget_overruns(struct batch *b)
{
    size_t slow = 0;

    if (b->overruns > 0)
        (void)job_queue_length(b->queue, &slow);
    if (slow == 0)
        b->overruns = 0;
}

/* There is no transaction to be had: those that would be in it have failed. */
static void take_failed(struct batch *b, const struct error *cause)
{
    struct job *job;

    while ((job = job_queue_take(b->queue, b->now_us, 0)) != NULL)
        job_list_append(&b->jobs, job);
    fail_all(&b->jobs, cause);
}

static bool has_work(const struct batch *b)
{
    for (const struct job *job = b->jobs.first; job; job = job_next(job)) {
        if (!error_is_set(job->error) && !job->discard)
            return true;
    }
    return false;
}

static void commit(struct batch *b)
{
    struct error cause = error_none();
    int64_t before;

    if (!has_work(b)) {
        db_rollback(b->db);
        return;
    }
    before = b->now_us; /* the last attempt has just ended */
    job_queue_busy(b->queue, WRITER_COMMIT, before);
    if (!db_files_stay(&b->store->files, &cause))
        db_rollback(b->db);
    if (!error_is_set(&cause) && db_commit(b->db, &cause))
        store_committed(b->store);
    else
        fail_all(&b->jobs, &cause);
    b->now_us = clock_us();
    b->commit_us = b->now_us - before;
}

void batch_clear(struct batch *b)
{
    b->jobs = b->displaced = (struct job_list){.first = NULL};
    b->undone = b->overdue = 0;
    b->commit_us = -1;
}

/*
 * A job can take the whole transaction with it: RAISE(ROLLBACK), ON CONFLICT ROLLBACK, a
 * full disk (sqlite.org/lang_transaction.html §3.1), a statement that is interrupted, or WAY_TRUSTING. That
 * job has failed by then, or is put back, so the others are run again without it; each round has at
 * least one job fewer, and all after the first have savepoints.
 */
void batch_run_fast(struct batch *b)
{
    struct error cause = error_none();
    bool kept;

    batch_clear(b);
    forget_overruns(b);
    if (!begin_for_oldest(b, &cause)) {
        take_failed(b, &cause);
        return;
    }
    b->begun_us = b->now_us;
    kept = run_waiting(b, WAY_TRUSTING);
    while (!kept) {
        if (!begin(b, &cause)) {
            fail_all(&b->jobs, &cause);
            return;
        }
        kept = run_again(b) && run_waiting(b, WAY_CAREFUL);
    }
    commit(b);
    if (b->jobs.length > 0)
        job_queue_note_fast(b->queue, b->jobs.length, b->now_us - b->begun_us);
}

void batch_run_slow(struct batch *b)
{
    struct error cause = error_none();
    bool ok = begin(b, &cause);
    struct job *job = job_queue_take_slow(b->queue, b->now_us, b->share_us);

    batch_clear(b);
    b->overruns = 0;
    b->begun_us = b->now_us;
    if (!job) { /* it was withdrawn while a lock was waited for */
        db_rollback(b->db);
        return;
    }
    job_list_append(&b->jobs, job);
    if (!ok) {
        fail_all(&b->jobs, &cause);
        return;
    }
    if (job->is_long)
        job_queue_note_long(b->queue, job);
    (void)attempt(b, job, WAY_ALONE, job->is_long ? 0 : b->share_us);
    if (job->error->code == ERROR_OVER_BUDGET)
        end_overrun(b, job);
    if (job->is_long && job->error->code == ERROR_TIMEOUT)
        end_late(job);
    note_overdue(b, job);
    job_queue_note_slow(b->queue, job, b->now_us - b->begun_us, b->now_us);
    commit(b);
}
