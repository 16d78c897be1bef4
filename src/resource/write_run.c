/*
 * The part of a write that runs on the writer's thread, within the job's savepoint. It
 * may be run again from the start (store/writer.h), so it begins by forgetting.
 *
 * SPDX-License-Identifier: MIT
 */
#include "resource/precondition.h"
#include "resource/write.h"
#include "store/db.h"
#include "store/diagnose.h"
#include "store/statement.h"

/* A value of the current row that outlives it. */
static bool keep_value(struct call *call, struct statement *st, int column, struct value *out)
{
    char *copy;

    *out = statement_value(st, column);
    if (out->type != VALUE_TEXT && out->type != VALUE_BLOB)
        return true;
    struct slice bytes = out->as.bytes;
    copy = arena_copy(&call->arena, bytes);
    out->as.bytes = slice_make(copy, bytes.len);
    return copy || error_set(&call->error, ERROR_MEMORY, "out of memory");
}

/* Reads the row by the key that RETURNING gave, now that every trigger has run. */
static bool reread(struct call *call, struct db *db, struct write *w)
{
    struct statement *st = statement_get(db, w->select.sql, &call->error);
    struct value *bound = w->bound;
    size_t n = w->select.n_values;
    enum step step = STEP_FAILED;

    if (n)
        memcpy(bound, w->select.values, n * sizeof *bound);
    memcpy(bound + n, w->key, w->n_key * sizeof *bound);
    if (st && statement_bind(st, bound, n + w->n_key, &call->error))
        step = statement_step(st, &call->error);
    if (step == STEP_ROW) /* a trigger may have taken the row away again */
        write_row(call, w, st, &w->select.shape);
    statement_release(st);
    return step != STEP_FAILED;
}

static bool take_row(struct call *call, struct db *db, struct write *w, struct statement *st)
{
    if (w->reread) {
        for (size_t i = 0; i < w->n_key; i++) {
            if (!keep_value(call, st, (int)i, &w->key[i]))
                return false;
        }
        w->has_key = call->table->n_key > 0;
        if (w->answer != ANSWER_NOTHING && !reread(call, db, w))
            return false;
    } else if (w->answer != ANSWER_NOTHING) {
        write_row(call, w, st, &w->plan.shape);
    }
    w->affected++;
    return true;
}

/* The values of one row of the body, then those of the filter. */
static bool bind_row(struct call *call, struct write *w, struct statement *st, size_t row)
{
    size_t n = w->body.n_set;

    if (n)
        memcpy(w->bound, w->body.values + row * n, n * sizeof *w->bound);
    if (w->plan.n_values)
        memcpy(w->bound + n, w->plan.values, w->plan.n_values * sizeof *w->bound);
    return statement_bind(st, w->bound, n + w->plan.n_values, &call->error);
}

static void explain_foreign_key(struct call *call, struct db *db, const struct write *w, size_t row)
{
    struct error *e = &call->error;
    struct error ignored = error_none();
    int *columns = arena_alloc(&call->arena, (w->body.n_set + 1) * sizeof *columns);
    struct plan where;

    for (size_t i = 0; columns && i < w->body.n_set; i++)
        columns[i] = w->body.set[i].given ? -1 : w->body.set[i].column;
    if (columns && w->kind != WRITE_DELETE)
        diagnose_missing_parent(db, call->table, columns, w->body.values + row * w->body.n_set,
                                w->body.n_set, e);
    if (e->constraint[0] || w->kind == WRITE_INSERT)
        return;
    if (plan_where(&call->arena, call->table, &call->tree, &where, &ignored))
        diagnose_still_referenced(db, call->table, where.sql, where.values, where.n_values, e);
}

/* The row by the key that is known without asking. */
static bool read_known(struct call *call, struct db *db, struct write *w)
{
    if (w->kind == WRITE_INSERT)
        w->key[0] = value_integer(db_last_rowid(db));
    else
        memcpy(w->key, w->plan.values, w->n_key * sizeof *w->key);
    return reread(call, db, w);
}

static bool run_row(struct call *call, struct db *db, struct write *w, struct statement *st,
                    size_t row)
{
    enum step step = STEP_FAILED;

    if (bind_row(call, w, st, row)) {
        while ((step = statement_step(st, &call->error)) == STEP_ROW) {
            if (!take_row(call, db, w, st))
                return false;
        }
    }
    statement_reset(st);
    if (step == STEP_DONE) {
        if (w->plan.shape.n == 0 && !w->reread)
            w->affected += (size_t)db_changes(db);
        return !w->key_known || !w->affected || read_known(call, db, w);
    }
    if (call->error.code == ERROR_FOREIGN_KEY)
        explain_foreign_key(call, db, w, row);
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

static bool run_rows(struct call *call, struct db *db, struct write *w)
{
    struct statement *st = statement_get(db, w->plan.sql, &call->error);
    bool ok = st != NULL;

    for (size_t row = 0; ok && row < w->body.n_rows; row++)
        ok = (!w->looks || look_for_row(call, db, w, row)) && run_row(call, db, w, st, row);
    statement_release(st);
    return ok;
}

/* The rows with what is related to them, while they are there. */
static bool read_rows(struct call *call, struct db *db, struct write *w)
{
    struct statement *st = statement_get(db, w->select.sql, &call->error);
    enum step step = STEP_FAILED;

    if (st && statement_bind(st, w->select.values, w->select.n_values, &call->error)) {
        while ((step = statement_step(st, &call->error)) == STEP_ROW)
            write_row(call, w, st, &w->select.shape);
    }
    statement_release(st);
    return step == STEP_DONE;
}

/* The key of an inserted row that is a rowid (sqlite.org/c3ref/last_insert_rowid.html). */
static void take_rowid(struct call *call, struct db *db, struct write *w)
{
    if (w->kind != WRITE_INSERT || w->reread || call->table->rowid_alias < 0 || !w->affected)
        return;
    w->key[0] = value_integer(db_last_rowid(db));
    w->has_key = true;
}

/* What is true only of the whole: looked at before anything is committed. */
static bool check_outcome(struct call *call, const struct write *w)
{
    struct error *e = &call->error;
    const struct prefer *p = &call->prefer;
    bool change = w->kind == WRITE_UPDATE || w->kind == WRITE_DELETE;

    if (w->one_row && change && w->affected == 0)
        return error_set(e, ERROR_NO_ROW, "there is no row with this key");
    if (change && p->handling == PREFER_STRICT && p->has_max_affected &&
        (int64_t)w->affected > p->max_affected) {
        error_set(e, ERROR_MAX_AFFECTED, "Query result exceeds max-affected preference constraint");
        return error_details(e, "The query affects %zu rows", w->affected);
    }
    if (!w->one_row &&
        !media_check_rows(call, w->answer == ANSWER_NOTHING ? w->affected : w->shown))
        return false;
    if (!call->reply.failed)
        return true;
    /* A write that cannot answer is not done. */
    error_set(e, call->reply.full ? ERROR_ANSWER_TOO_LARGE : ERROR_MEMORY,
              "the answer does not fit");
    return error_hint(e, "Use Prefer: return=minimal.");
}

/* Compares what is there with the request's preconditions: nothing can come in between. */
static bool check_current(struct call *call, struct db *db, struct write *w)
{
    const struct plan *plan = &w->current;
    struct statement *st = statement_get(db, plan->sql, &call->error);
    enum media media = call->media;
    enum step step = STEP_FAILED;
    uint64_t tag;

    if (st && statement_bind(st, plan->values, plan->n_values, &call->error))
        step = statement_step(st, &call->error);
    if (media == MEDIA_JSON)
        call->media = MEDIA_OBJECT;
    media_begin(call, &plan->shape);
    if (step == STEP_ROW)
        media_row(call, st, &plan->shape, 0);
    call->media = media;
    statement_release(st);
    tag = step == STEP_ROW ? precondition_tag(buf_slice(&call->reply), slice_from("")) : 0;
    buf_clear(&call->reply);
    return step != STEP_FAILED && precondition_holds(call, tag);
}

bool write_run(struct job *job, struct db *db)
{
    struct call *call = call_of_job(job);
    struct write *w = call->state;

    buf_clear(&call->reply);
    w->affected = w->shown = w->created = 0;
    w->has_key = false;
    if (w->conditional && !check_current(call, db, w))
        return false;
    write_begin(call, w);
    if ((w->select_first && !read_rows(call, db, w)) || !run_rows(call, db, w))
        return false;
    write_end(call, w);
    take_rowid(call, db, w);
    return check_outcome(call, w);
}
