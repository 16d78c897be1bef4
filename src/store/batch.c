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

static void run_job(struct db *db, struct job *job)
{
    struct error *e = &job->error;
    bool ok;

    if (job->deadline_us && clock_us() > job->deadline_us) {
        error_set(e, ERROR_TIMEOUT, "the write waited longer than its request may take");
        return;
    }
    if (!db_run(db, (struct slice)SLICE_LITERAL("SAVEPOINT job"), e))
        return;
    db_deadline(db, job->deadline_us);
    ok = job->run(job, db) && deferred_keys_hold(db, e);
    db_deadline(db, 0);
    if (!ok || job->discard)
        undo_savepoint(db);
    else if (!db_run(db, (struct slice)SLICE_LITERAL("RELEASE job"), e))
        undo_savepoint(db);
}

static void fail_all(struct job *first, const struct error *cause)
{
    for (struct job *job = first; job; job = next_job(job)) {
        if (!error_is_set(&job->error))
            job->error = *cause;
    }
}

enum round { ROUND_NOTHING, ROUND_WORK, ROUND_LOST };

/* Runs each job that has not failed. ROUND_LOST: SQLite rolled the transaction back. */
static enum round run_round(struct db *db, struct job *first)
{
    enum round round = ROUND_NOTHING;

    for (struct job *job = first; job; job = next_job(job)) {
        if (error_is_set(&job->error))
            continue;
        run_job(db, job);
        if (!db_in_transaction(db))
            return ROUND_LOST;
        if (!error_is_set(&job->error) && !job->discard)
            round = ROUND_WORK;
    }
    return round;
}

/*
 * A job can take the whole transaction with it: RAISE(ROLLBACK), ON CONFLICT ROLLBACK, a
 * full disk (sqlite.org/lang_transaction.html §3.1). That job has failed by then, so the
 * others are run again without it; each round has at least one job fewer.
 */
int64_t batch_run(struct store *store, struct db *db, struct job *first)
{
    struct error cause = error_none();
    enum round round;
    int64_t before;

    do {
        if (!db_begin_immediate(db, &cause)) {
            fail_all(first, &cause);
            return -1;
        }
        round = run_round(db, first);
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
