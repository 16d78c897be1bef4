/*
 * The part of a write that runs on the writer's thread, within the job's savepoint. It
 * may be run again from the start (store/run/writer.h), so it begins by forgetting.
 *
 * SPDX-License-Identifier: MIT
 */
#include "resource/write.h"
#include "store/catalog/catalog.h"
#include "store/catalog/diagnose.h"
#include "store/db/db.h"
#include "store/db/statement.h"
#include "store/run/deferred.h"

/* The key of the one row that a view's trigger made in the table whose key the view has. */
static bool take_made(struct call *call, struct db *db, struct write *w)
{
    struct statement *st = statement_get(db, w->made.sql, &call->error);
    const struct value rowid = value_integer(w->watch.rowid);
    enum step step = STEP_FAILED;
    bool ok = true;

    if (st && statement_bind(st, &rowid, 1, &call->error))
        step = statement_step(st, &call->error);
    if (step == STEP_ROW)
        ok = keys_add(&w->keys, st, (int)w->made.cursor_at, &call->error);
    statement_release(st);
    return ok && step != STEP_FAILED;
}

/* A row that RETURNING gives. */
static bool take_row(struct call *call, struct db *db, struct write *w, struct statement *st)
{
    w->affected++;
    if (w->readback == READ_RETURNED)
        write_row(call, w, statement_row(st), &w->plan.shape);
    if (w->readback != READ_AGAIN)
        return true;
    if (w->made.sql.len && w->watch.n == 1)
        return take_made(call, db, w);
    return keys_add(&w->keys, st, 0, &call->error);
}

/* The values of one row of the body, then those of the filter. */
static bool bind_row(struct call *call, struct write *w, struct statement *st,
                     const struct plan *plan, size_t row)
{
    size_t n = w->body.n_set;

    if (n)
        memcpy(w->bound, w->body.values + row * n, n * sizeof *w->bound);
    if (plan->n_values)
        memcpy(w->bound + n, plan->values, plan->n_values * sizeof *w->bound);
    return statement_bind(st, w->bound, n + plan->n_values, &call->error);
}

/* Whose values a row of the body gives; -1: another place's, or not the column's value. */
static const int *given_columns(struct call *call, const struct write *w)
{
    int *columns = arena_alloc(&call->arena, (w->body.n_set + 1) * sizeof *columns);

    for (size_t i = 0; columns && i < w->body.n_set; i++) {
        const struct assignment *set = &w->body.set[i];

        columns[i] = set->given || set->merge ? -1 : set->column;
    }
    return columns;
}

static void explain_foreign_key(struct call *call, struct db *db, const struct write *w, size_t row)
{
    struct error *e = &call->error;
    struct error ignored = error_none();
    const int *columns = given_columns(call, w);
    struct plan where;

    if (columns && w->kind != WRITE_DELETE)
        diagnose_missing_parent(db, call->table, columns, w->body.values + row * w->body.n_set,
                                w->body.n_set, e);
    if (e->constraint[0] || w->kind == WRITE_INSERT)
        return;
    if (plan_where(&call->arena, call->table, &call->tree, &where, &ignored))
        diagnose_still_referenced(db, call->table, where.sql, where.values, where.n_values, e);
}

static bool run_row(struct call *call, struct db *db, struct write *w, struct statement *st,
                    const struct plan *plan, size_t row)
{
    enum step step = STEP_FAILED;

    w->watch.n = 0;
    if (bind_row(call, w, st, plan, row)) {
        while ((step = statement_step(st, &call->error)) == STEP_ROW) {
            if (!take_row(call, db, w, st))
                return false;
        }
    }
    statement_reset(st);
    if (step == STEP_DONE) {
        if (write_returning(call, w) == RETURNING_NOTHING)
            w->affected += (size_t)db_changes(db);
        return true;
    }
    if (call->error.code == ERROR_FOREIGN_KEY)
        explain_foreign_key(call, db, w, row);
    else if (call->error.code == ERROR_UNIQUE && w->kind != WRITE_DELETE)
        diagnose_duplicate(call->table, given_columns(call, w),
                           w->body.values + row * w->body.n_set, w->body.n_set, &call->error);
    if (w->body.is_array)
        call->error.row = (long)row;
    return false;
}

/* Counts the row of the body that the table has not got yet. */
static bool look_for_row(struct call *call, struct db *db, struct write *w, size_t row)
{
    struct statement *st;
    bool ok;

    for (size_t i = 0; i < w->n_target; i++) {
        long at = body_column(&w->body, w->target[i]);

        if (at < 0) { /* not given: SQLite makes a new one */
            w->created++;
            return true;
        }
        w->bound[i] = w->body.values[row * w->body.n_set + (size_t)at];
    }
    st = statement_get(db, w->exists.sql, &call->error);
    ok = st && statement_bind(st, w->bound, w->n_target, &call->error) &&
         statement_step(st, &call->error) == STEP_ROW;
    w->created += ok && statement_integer(st, 0) == 0;
    statement_release(st);
    return ok;
}

/* A rowid that the row of the body has not. */
static int64_t other_rowid(const struct call *call, const struct write *w, size_t row)
{
    long at = call->table->rowid_alias < 0 ? -1 : body_column(&w->body, call->table->rowid_alias);
    const struct value *v = at < 0 ? NULL : &w->body.values[row * w->body.n_set + (size_t)at];
    bool smallest = v && v->type == VALUE_INTEGER && v->as.integer == INT64_MIN;

    return smallest ? INT64_MAX : INT64_MIN;
}

/* Runs the statement with a row of the body, and counts the row if it is new. */
static bool run_counted(struct call *call, struct db *db, struct write *w, struct statement *st,
                        size_t row)
{
    int64_t none = other_rowid(call, w, row);

    if (w->exists.sql.len)
        return look_for_row(call, db, w, row) && run_row(call, db, w, st, &w->plan, row);
    db_forget_rowid(db, none);
    if (!run_row(call, db, w, st, &w->plan, row))
        return false;
    w->created += db_last_rowid(db) != none;
    return true;
}

static bool each_row(struct call *call, struct db *db, struct write *w)
{
    struct statement *st = statement_get(db, w->plan.sql, &call->error);
    bool ok = st != NULL;

    for (size_t row = 0; ok && row < w->body.n_rows; row++)
        ok = write_may_meet(w) ? run_counted(call, db, w, st, row)
                               : run_row(call, db, w, st, &w->plan, row);
    statement_release(st);
    return ok;
}

/* True if one row of the body may be another's parent. */
static bool may_be_parents(const struct call *call, const struct write *w)
{
    for (size_t k = 0; w->body.n_rows > 1 && k < call->table->n_referring; k++) {
        if (call->table->referring[k]->child == call->table)
            return true;
    }
    return false;
}

/* Of which row it is, is looked for as if it alone had been written. */
static bool missing_parent(struct call *call, struct db *db, const struct write *w)
{
    struct error *e = &call->error;

    error_set(e, ERROR_FOREIGN_KEY, "insert or update violates a foreign key constraint");
    for (size_t row = 0; row < w->body.n_rows && !e->constraint[0]; row++) {
        explain_foreign_key(call, db, w, row);
        if (e->constraint[0] && w->body.is_array)
            e->row = (long)row;
    }
    return false;
}

/* Rows that are written by one request have their parents when all are there, as in PostgreSQL's one
 * statement. */
static bool run_rows(struct call *call, struct db *db, struct write *w)
{
    bool ok;

    if (!may_be_parents(call, w))
        return each_row(call, db, w);
    if (!deferred_keys_begin(db, &call->error))
        return false;
    ok = each_row(call, db, w) && (deferred_keys_hold(db) || missing_parent(call, db, w));
    deferred_keys_end(db);
    return ok;
}

/* A view takes no upsert: its row is there and is changed, or is made. */
static bool replace_in_view(struct call *call, struct db *db, struct write *w)
{
    const struct plan *plan;
    struct statement *st;
    bool ok;

    if (!look_for_row(call, db, w, 0))
        return false;
    plan = w->created ? &w->plan : &w->update;
    st = statement_get(db, plan->sql, &call->error);
    ok = st && run_row(call, db, w, st, plan, 0);
    statement_release(st);
    return ok;
}

/* While the rows are written, those are counted that triggers make in a view's table. */
static bool run_watched(struct call *call, struct db *db, struct write *w)
{
    bool watches = w->made.sql.len > 0, ok;

    if (watches)
        db_watch(db, &w->watch);
    ok = w->update.sql.len ? replace_in_view(call, db, w) : run_rows(call, db, w);
    if (watches)
        db_watch(db, NULL);
    return ok;
}

/* The key of an inserted row that is a rowid (sqlite.org/c3ref/last_insert_rowid.html), which no
 * trigger has changed. */
static void take_rowid(struct call *call, struct db *db, struct write *w)
{
    if (w->readback == READ_AGAIN || w->kind != WRITE_INSERT || call->table->rowid_alias < 0 ||
        !w->affected)
        return;
    w->key[0] = value_integer(db_last_rowid(db));
    w->has_key = true;
}

bool write_run(struct job *job, struct db *db)
{
    struct call *call = call_of_job(job);
    struct write *w = call->state;

    buf_clear(&call->reply);
    keys_clear(&w->keys);
    w->affected = w->shown = w->created = 0;
    w->has_key = false;
    if (w->current.sql.len && !write_check_current(call, db, w))
        return false;
    write_begin(call, w);
    if (!write_check_misfits(call, db, w) || !write_take_stored_key(call, db, w) ||
        !write_read_before(call, db, w))
        return false;
    if (!run_watched(call, db, w))
        return false;
    take_rowid(call, db, w);
    if (!write_check_generated(call, db, w) || !write_read_after(call, db, w) ||
        !write_look_for_rival(call, db, w))
        return false;
    write_end(call, w);
    return write_check_outcome(call, w);
}
