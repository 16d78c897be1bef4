/* SPDX-License-Identifier: MIT */
#include "store/batch.h"

#include <sqlite3.h>

#include "base/clock.h"
#include "store/db.h"
#include "store/statement.h"
#include "store/store.h"
#include "store/writer.h"

static struct job *next_job(const struct job *job)
{
    return (struct job *)job->letter.next;
}

/*
 * A deferred foreign key would fail the COMMIT, and with it every other job: look for it
 * while it is still this job's own (sqlite.org/c3ref/c_dbstatus_options.html).
 */
static bool deferred_keys_hold(struct db *db, struct error *e)
{
    int violated = 0, unused = 0;

    sqlite3_db_status(db_handle(db), SQLITE_DBSTATUS_DEFERRED_FKS, &violated, &unused, 0);
    return !violated || error_set(e, ERROR_FOREIGN_KEY,
                                  "insert, update or delete violates a deferred foreign key "
                                  "constraint");
}

static void undo_savepoint(struct db *db)
{
    struct error ignored = error_none();

    if (!db_in_transaction(db))
        return; /* SQLite undid everything: batch_run sees to it */
    db_run(db, (struct slice)SLICE_LITERAL("ROLLBACK TO job"), &ignored);
    db_run(db, (struct slice)SLICE_LITERAL("RELEASE job"), &ignored);
}

static bool do_work(struct db *db, struct job *job)
{
    bool ok;

    db_deadline(db, job->deadline_us);
    ok = job->run(job, db) && deferred_keys_hold(db, job->error);
    db_deadline(db, 0);
    return ok;
}

static void run_in_savepoint(struct db *db, struct job *job)
{
    struct error *e = job->error;

    if (!db_run(db, (struct slice)SLICE_LITERAL("SAVEPOINT job"), e))
        return;
    if (!do_work(db, job) || job->discard)
        undo_savepoint(db);
    else if (!db_run(db, (struct slice)SLICE_LITERAL("RELEASE job"), e))
        undo_savepoint(db);
}

/*
 * SQLite takes back what a failing statement did (sqlite.org/lang_conflict.html, ABORT): a
 * savepoint around one statement, and the copy it keeps of each page, is for nothing. Where
 * something stays all the same -- FAIL, a failure found after the statement -- the transaction
 * is given up, and the others are run again.
 */
static void run_alone(struct db *db, struct job *job)
{
    int64_t before = db_total_changes(db);

    if (!do_work(db, job) && (db_total_changes(db) != before || job->error->code == ERROR_RAISED))
        db_rollback(db);
}

static void run_job(struct db *db, struct job *job, bool trusting)
{
    if (job->deadline_us && clock_us() > job->deadline_us)
        error_set(job->error, ERROR_TIMEOUT, "the write waited longer than its request may take");
    else if (trusting && job->single && !job->discard)
        run_alone(db, job);
    else
        run_in_savepoint(db, job);
}

static void fail_all(struct job *first, const struct error *cause)
{
    for (struct job *job = first; job; job = next_job(job)) {
        if (!error_is_set(job->error))
            *job->error = *cause;
    }
}

enum round { ROUND_NOTHING, ROUND_WORK, ROUND_LOST };

/* Runs each job that has not failed. ROUND_LOST: the transaction is rolled back. */
static enum round run_round(struct db *db, struct job *first, bool trusting)
{
    enum round round = ROUND_NOTHING;

    for (struct job *job = first; job; job = next_job(job)) {
        if (error_is_set(job->error))
            continue;
        run_job(db, job, trusting);
        if (!db_in_transaction(db))
            return ROUND_LOST;
        if (!error_is_set(job->error) && !job->discard)
            round = ROUND_WORK;
    }
    return round;
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

        if (!db_begin_immediate(db, &cause)) {
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
    if (db_commit(db, &cause))
        store_committed(store);
    else
        fail_all(first, &cause);
    return clock_us() - before;
}
