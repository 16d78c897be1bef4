/* SPDX-License-Identifier: MIT */
#include "store/run/attempt.h"

#include "base/clock.h"
#include "store/access/role_views.h"
#include "store/db/db.h"
#include "store/db/db_memory.h"
#include "store/db/identity.h"
#include "store/run/batch.h"
#include "store/run/deferred.h"
#include "store/run/operation.h"
#include "store/run/writer.h"
#include "store/store.h"

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

static bool do_work(struct batch *b, struct job *job, int64_t share_us)
{
    struct db *db = b->db;
    bool ok;

    memory_begin(job->memory);
    db_deadline(db, job->deadline_us);
    db_budget(db, share_us ? b->now_us + share_us : 0);
    db_identify(db, job->who);
    ok = do_job(db, job) && check_deferred(db, job->error);
    db_memory_explain(job->error);
    db_identify(db, NULL);
    db_budget(db, 0);
    db_deadline(db, 0);
    /* What has not done its work has not succeeded, also where it says no reason. */
    return ok || error_set(job->error, ERROR_INTERNAL, "the write failed without a reason");
}

static bool run_in_savepoint(struct batch *b, struct job *job, int64_t share_us)
{
    struct error *e = job->error;

    if (!db_run(b->db, (struct slice)SLICE_LITERAL("SAVEPOINT job"), e))
        return db_in_transaction(b->db);
    if (do_work(b, job, share_us) && !job->discard &&
        db_run(b->db, (struct slice)SLICE_LITERAL("RELEASE job"), e))
        return true;
    return undo_savepoint(b->db, e);
}

/*
 * SQLite takes back what a failing statement did (sqlite.org/lang_conflict.html, ABORT): a
 * savepoint around one statement, and the copy it keeps of each page, is for nothing. Where
 * something stays all the same -- FAIL, a failure found after the statement -- the transaction
 * is given up, and the others are run again.
 */
static bool run_trusting(struct batch *b, struct job *job, int64_t share_us)
{
    int64_t before = db_total_changes(b->db);

    if (do_work(b, job, share_us))
        return true;
    if (db_total_changes(b->db) == before && job->error->code != ERROR_RAISED)
        return db_in_transaction(b->db);
    db_rollback(b->db);
    return false;
}

static bool is_stopping(const struct batch *b)
{
    const _Atomic bool *flag = b->store->options.stopping;

    return flag && atomic_load_explicit(flag, memory_order_relaxed);
}

/* A job that is not begun: nothing of it is done, and it may be sent again. */
static bool may_begin(const struct batch *b, struct job *job)
{
    if (is_stopping(b))
        return error_set(job->error, ERROR_DRAINING, "the server is shutting down");
    if (!job->deadline_us || b->now_us <= job->deadline_us)
        return true;
    error_set(job->error, ERROR_BUSY, "the write waited for as long as its request may take");
    return error_hint(job->error, "Nothing of it was done: send the request again.");
}

/* The views of whose rights it has: before its savepoint, which may be undone. */
static bool attach_views(struct batch *b, struct job *job)
{
    if (!job->who || !job->who->catalog)
        return true;
    return role_views_attach(b->db, job->who->catalog, job->error);
}

bool attempt(struct batch *b, struct job *job, enum way way, int64_t share_us)
{
    bool kept = true;

    if (!may_begin(b, job))
        return true;
    if (!attach_views(b, job))
        return db_in_transaction(b->db);
    if (way == WAY_ALONE)
        kept = do_work(b, job, share_us);
    else if (way == WAY_TRUSTING && job->single && !job->discard)
        kept = run_trusting(b, job, share_us);
    else
        kept = run_in_savepoint(b, job, share_us);
    b->now_us = clock_us();
    return kept;
}
