/*
 * Named queries that write, on the writer's thread.
 *
 * SPDX-License-Identifier: MIT
 */
#include "query/json_out.h"
#include "resource/rpc.h"
#include "resource/target.h"
#include "store/db/db.h"
#include "store/db/statement.h"

/* A row of the answer; false with the error if it is none. */
static bool add_row(struct call *call, struct rpc *r, const struct row *row,
                    const struct shape *shape)
{
    enum routine_returns returns = r->routine->source->returns;

    if (returns == RETURNS_FILE)
        return r->n_rows++ > 0 || rpc_file_row(call, r, row);
    if (rpc_is_list(call, r)) {
        media_row(call, row, shape, r->n_rows);
    } else if (r->n_rows == 0) {
        rpc_write_first(call, r, row, shape);
    }
    r->n_rows++;
    return true;
}

/* What becomes of a statement's rows. */
enum rows { ROWS_DROPPED, ROWS_KEPT, ROWS_ANSWERED };

static bool take_row(struct call *call, struct rpc *r, const struct row *row,
                     const struct plan *plan, enum rows rows)
{
    switch (rows) {
    case ROWS_ANSWERED: return add_row(call, r, row, &plan->shape);
    case ROWS_KEPT: rpc_rows_keep(r, row); break;
    case ROWS_DROPPED: break;
    }
    return true;
}

static bool run_plan(struct call *call, struct db *db, struct rpc *r, const struct plan *plan,
                     enum rows rows)
{
    struct statement *st = statement_get(db, plan->sql, &call->error);
    bool writes = st && !statement_reads_only(st);
    enum step step = STEP_FAILED;

    if (st && statement_bind(st, plan->values, plan->n_values, &call->error)) {
        while ((step = statement_step(st, &call->error)) == STEP_ROW) {
            if (!take_row(call, r, statement_row(st), plan, rows)) {
                step = STEP_FAILED;
                break;
            }
        }
    }
    if (step == STEP_DONE && writes)
        r->n_changed += (size_t)db_changes(db);
    statement_release(st);
    return step == STEP_DONE;
}

/* The rows that RETURNING gave, as the request asks for them. */
static bool run_over(struct call *call, struct db *db, struct rpc *r)
{
    struct plan over = r->over;

    if (!r->rows)
        return true;
    return rpc_rows_end(call, r) && rpc_rows_bind(call, r, &over) &&
           run_plan(call, db, r, &over, ROWS_ANSWERED);
}

static bool run_count(struct call *call, struct db *db, struct rpc *r)
{
    struct plan count = r->count;
    struct statement *st;
    bool ok;

    if (!r->counts)
        return true;
    if (r->rows && !rpc_rows_bind(call, r, &count))
        return false;
    st = statement_get(db, count.sql, &call->error);
    ok = st && statement_bind(st, count.values, count.n_values, &call->error) &&
         statement_step(st, &call->error) == STEP_ROW;
    if (ok)
        r->total = statement_integer(st, 0);
    statement_release(st);
    return ok;
}

/* Neither more rows changed nor, as PostgREST counts them, more rows returned. */
static bool check_affected(struct call *call, const struct rpc *r)
{
    size_t affected = r->n_changed > r->n_rows ? r->n_changed : r->n_rows;

    return target_check_affected(call, affected);
}

/* What comes after the rows, and whether there are as many as there must be. */
static bool end_rows(struct call *call, const struct rpc *r)
{
    if (!rpc_gives_rows(r))
        return true;
    if (r->routine->source->returns == RETURNS_FILE)
        return r->n_rows > 0 || rpc_file_missing(call, r);
    if (rpc_is_list(call, r)) {
        media_end(call);
        return media_check_rows(call, r->n_rows);
    }
    if (r->n_rows == 0)
        buf_add_text(&call->reply, "null");
    return media_check_rows(call, r->n_rows > 0);
}

static bool run_parts(struct call *call, struct db *db, struct rpc *r)
{
    size_t n = r->routine->source->n_parts;
    enum rows last = r->rows ? ROWS_KEPT : ROWS_ANSWERED;

    for (size_t i = 0; i < n; i++) {
        bool answers = i + 1 == n && rpc_gives_rows(r);

        if (!run_plan(call, db, r, &r->plans[i], answers ? last : ROWS_DROPPED))
            return false;
    }
    return true;
}

/* Within the job's savepoint; may be run again (store/run/writer.h). */
bool rpc_run(struct job *job, struct db *db)
{
    struct call *call = call_of_job(job);
    struct rpc *r = call->state;
    const struct plan *last = &r->plans[r->routine->source->n_parts - 1];

    buf_clear(&call->reply);
    buf_clear(&r->kept);
    rpc_file_forget(call);
    r->n_rows = r->n_changed = 0;
    if (rpc_is_list(call, r) && rpc_gives_rows(r))
        media_begin(call, r->rows ? &r->over.shape : &last->shape);
    if (!run_parts(call, db, r) || !run_over(call, db, r) || !run_count(call, db, r) ||
        !end_rows(call, r) || !check_affected(call, r))
        return false;
    if (!call->reply.failed)
        return true;
    return error_set(job->error, call->reply.full ? ERROR_ANSWER_TOO_LARGE : ERROR_MEMORY,
                     "the answer does not fit");
}
