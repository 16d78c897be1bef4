/* SPDX-License-Identifier: MIT */
#include "store/run/batch.h"

#include <sqlite3.h>

#include "base/clock.h"
#include "store/db/db.h"
#include "store/db/identity.h"
#include "store/db/statement.h"
#include "store/run/deferred.h"
#include "store/run/operation.h"
#include "store/run/writer.h"
#include "store/store.h"

static struct job *next_job(const struct job *job)
{
    return (struct job *)job->completion.next;
}

/*
 * A deferred foreign key would fail the COMMIT, and with it every other job: look for it
 * while it is still this job's own.
 */
static bool check_deferred(struct db *db, struct error *e)
{
    return deferred_keys_hold(db) ||
           error_set(e, ERROR_FOREIGN_KEY,
                     "insert, update or delete violates a deferred foreign key "
                     "constraint");
}

/*
 * Takes back what the job did. False if that cannot be done alone: the whole transaction is given up,
 * and the job is told why, unless it has failed already.
 */
static bool undo_savepoint(struct db *db, struct error *e)
{
    struct error cause = error_none();

    if (!db_in_transaction(db))
        return false; /* SQLite undid everything */
    if (db_run(db, (struct slice)SLICE_LITERAL("ROLLBACK TO job"), &cause) &&
        db_run(db, (struct slice)SLICE_LITERAL("RELEASE job"), &cause))
        return true;
    if (!error_is_set(e))
        *e = cause;
    db_rollback(db);
    return false;
}

static bool do_job(struct db *db, struct job *job)
{
    if (job->operations)
        return operations_run(job->operations, db, job->error);
    return job->run(job, db);
}

static bool do_work(struct db *db, struct job *job)
{
    bool ok;

    db_deadline(db, job->deadline_us);
    db_identify(db, job->who);
    ok = do_job(db, job) && check_deferred(db, job->error);
    db_identify(db, NULL);
    db_deadline(db, 0);
    /* What has not done its work has not succeeded, also where it says no reason. */
    return ok || error_set(job->error, ERROR_INTERNAL, "the write failed without a reason");
}

static bool run_in_savepoint(struct db *db, struct job *job)
{
    struct error *e = job->error;

    if (!db_run(db, (struct slice)SLICE_LITERAL("SAVEPOINT job"), e))
        return db_in_transaction(db);
    if (do_work(db, job) && !job->discard &&
        db_run(db, (struct slice)SLICE_LITERAL("RELEASE job"), e))
        return true;
    return undo_savepoint(db, e);
}

/*
 * SQLite takes back what a failing statement did (sqlite.org/lang_conflict.html, ABORT): a
 * savepoint around one statement, and the copy it keeps of each page, is for nothing. Where
 * something stays all the same -- FAIL, a failure found after the statement -- the transaction
 * is given up, and the others are run again.
 */
static bool run_alone(struct db *db, struct job *job)
{
    int64_t before = db_total_changes(db);

    if (do_work(db, job))
        return true;
    if (db_total_changes(db) == before && job->error->code != ERROR_RAISED)
        return db_in_transaction(db);
    db_rollback(db);
    return false;
}

/* False if the transaction is lost, or holds what the job, which has failed, left behind. */
static bool run_job(struct db *db, struct job *job, bool trusting)
{
    if (job->deadline_us && clock_us() > job->deadline_us) {
        error_set(job->error, ERROR_TIMEOUT, "the write waited longer than its request may take");
        return true;
    }
    if (trusting && job->single && !job->discard)
        return run_alone(db, job);
    return run_in_savepoint(db, job);
}

static void fail_all(struct job *first, const struct error *cause)
{
    for (struct job *job = first; job; job = next_job(job)) {
        if (!error_is_set(job->error))
            *job->error = *cause;
    }
}

enum round { ROUND_NOTHING, ROUND_WORK, ROUND_LOST };

/* Runs each job that has not failed. ROUND_LOST: the transaction is, or is to be, rolled back. */
static enum round run_round(struct db *db, struct job *first, bool trusting)
{
    enum round round = ROUND_NOTHING;

    for (struct job *job = first; job; job = next_job(job)) {
        if (error_is_set(job->error))
            continue;
        if (!run_job(db, job, trusting))
            return ROUND_LOST;
        if (!error_is_set(job->error) && !job->discard)
            round = ROUND_WORK;
    }
    return round;
}

/* A transaction that could not be rolled back, for want of memory, is rolled back first. */
static bool begin(struct db *db, struct error *e)
{
    db_rollback(db);
    if (db_in_transaction(db))
        return error_set(e, ERROR_MEMORY, "out of memory");
    return db_begin_immediate(db, e);
}

/*
 * A job can take the whole transaction with it: RAISE(ROLLBACK), ON CONFLICT ROLLBACK, a
 * full disk (sqlite.org/lang_transaction.html §3.1), or run_alone. That job has failed by then, so
 * the others are run again without it; each round has at least one job fewer, and all after the
 * first have savepoints.
 */
int64_t batch_run(struct store *store, struct db *db, struct job *first)
{
    struct error cause = error_none();
    enum round round = ROUND_NOTHING;
    int64_t before;

    do {
        bool trusting = round != ROUND_LOST;

        if (!begin(db, &cause)) {
            fail_all(first, &cause);
            return -1;
        }
        round = run_round(db, first, trusting);
    } while (round == ROUND_LOST);
    if (round == ROUND_NOTHING) {
        db_rollback(db);
        return -1;
    }
    before = clock_us();
    if (!db_files_stay(&store->files, &cause))
        db_rollback(db);
    if (!error_is_set(&cause) && db_commit(db, &cause))
        store_committed(store);
    else
        fail_all(first, &cause);
    return clock_us() - before;
}
