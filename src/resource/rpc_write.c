/*
 * Named queries that write: their statements, on the writer's thread.
 *
 * SPDX-License-Identifier: MIT
 */
#include "query/json_out.h"
#include "resource/rpc.h"
#include "resource/target.h"
#include "store/db.h"
#include "store/statement.h"

/* The statement as its owner wrote it, its parameters as values. */
static bool plain_plan(struct call *call, const struct rpc *r, size_t part, struct plan *out)
{
    const struct routine_part *p = &r->routine->source->parts[part];
    struct value *values = arena_alloc(&call->arena, p->n_pieces * sizeof *values);
    struct buf sql;
    char *copy;

    buf_init(&sql, 1 << 20);
    *out = (struct plan){.values = values};
    for (size_t i = 0; values && i < p->n_pieces; i++) {
        buf_add_slice(&sql, p->pieces[i].sql);
        if (p->pieces[i].param < 0)
            continue;
        buf_add_char(&sql, '?');
        values[out->n_values++] = r->values[p->pieces[i].param];
    }
    copy = values && !sql.failed ? arena_copy(&call->arena, buf_slice(&sql)) : NULL;
    out->sql = slice_make(copy, sql.len);
    buf_finish(&sql);
    return copy || error_set(&call->error, ERROR_MEMORY, "out of memory");
}

/* What RETURNING gives, all columns in their order. */
static bool plain_shape(struct call *call, const struct table *result, struct plan *plan)
{
    struct output *outputs = arena_alloc(&call->arena, (result->n_columns + 1) * sizeof *outputs);

    if (!outputs)
        return error_set(&call->error, ERROR_MEMORY, "out of memory");
    for (size_t i = 0; i < result->n_columns; i++)
        outputs[i] = (struct output){result->columns[i].name, result->columns[i].json_key,
                                     result->columns[i].kind};
    plan->shape = (struct shape){outputs, result->n_columns, false, call->options.strip_nulls};
    return true;
}

static bool refuse_selection(struct call *call)
{
    const struct query_node *root = &call->tree.root;

    if (!root->select && !root->filter && !root->order && root->limit < 0 && !root->offset &&
        !call->tree.has_cursor)
        return true;
    error_set(
        &call->error, ERROR_UNSUPPORTED,
        "what a query returns from INSERT, UPDATE or DELETE takes no select, filter or order");
    return error_hint(&call->error, "End the query with a SELECT.");
}

static bool plan_parts(struct call *call, struct rpc *r)
{
    const struct plan_source source = {&r->routine->result, &r->source};
    size_t n = r->routine->source->n_parts;
    struct plan *last;

    r->plans = arena_alloc(&call->arena, n * sizeof *r->plans);
    if (!r->plans)
        return error_set(&call->error, ERROR_MEMORY, "out of memory");
    for (size_t i = 0; i < n; i++) {
        if (!plain_plan(call, r, i, &r->plans[i]))
            return false;
    }
    last = &r->plans[n - 1];
    if (r->routine->is_select)
        return plan_select(&call->arena, &source, &call->tree, &call->options, last, &call->error);
    return refuse_selection(call) && plain_shape(call, &r->routine->result, last);
}

/* A row of the last statement; false with the error if it is no answer. */
static bool add_row(struct call *call, struct rpc *r, struct statement *st,
                    const struct shape *shape)
{
    enum routine_returns returns = r->routine->source->returns;

    if (returns == RETURNS_FILE)
        return r->n_rows++ > 0 || rpc_file_row(call, r, st);
    if (returns == RETURNS_MANY || call->media == MEDIA_CSV) {
        media_row(call, st, shape, r->n_rows);
    } else if (r->n_rows == 0 && returns == RETURNS_ONE) {
        json_out_row(&call->reply, st, shape);
    } else if (r->n_rows == 0) {
        struct value value = statement_value(st, 0);

        json_out_value(&call->reply, &value, shape->outputs[0].kind);
    }
    r->n_rows++;
    return true;
}

static bool run_part(struct call *call, struct db *db, struct rpc *r, const struct plan *plan,
                     bool last)
{
    struct statement *st = statement_get(db, plan->sql, &call->error);
    bool writes = st && !statement_reads_only(st);
    enum step step = STEP_FAILED;

    if (st && statement_bind(st, plan->values, plan->n_values, &call->error)) {
        while ((step = statement_step(st, &call->error)) == STEP_ROW) {
            if (last && plan->shape.n > 0 && !add_row(call, r, st, &plan->shape)) {
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

static bool gives_rows(const struct rpc *r)
{
    return r->plans[r->routine->source->n_parts - 1].shape.n > 0;
}

static bool limits_affected(const struct call *call)
{
    return call->prefer.handling == PREFER_STRICT && call->prefer.has_max_affected;
}

/* Neither more rows changed nor, as PostgREST counts them, more rows returned. */
static bool check_affected(struct call *call, const struct rpc *r)
{
    size_t affected = r->n_changed > r->n_rows ? r->n_changed : r->n_rows;

    return target_check_affected(call, affected);
}

static bool is_list(const struct call *call, const struct rpc *r)
{
    return r->routine->source->returns == RETURNS_MANY || call->media == MEDIA_CSV;
}

/* What comes after the rows, and whether there are as many as there must be. */
static bool end_rows(struct call *call, const struct rpc *r)
{
    if (!gives_rows(r))
        return true;
    if (r->routine->source->returns == RETURNS_FILE)
        return r->n_rows > 0 || rpc_file_missing(call, r);
    if (is_list(call, r)) {
        media_end(call);
        return media_check_rows(call, r->n_rows);
    }
    if (r->n_rows == 0)
        buf_add_text(&call->reply, "null");
    return media_check_rows(call, r->n_rows > 0);
}

/* On the writer's thread, within the job's savepoint; may be run again (store/writer.h). */
static bool run(struct job *job, struct db *db)
{
    struct call *call = call_of_job(job);
    struct rpc *r = call->state;
    size_t n = r->routine->source->n_parts;

    buf_clear(&call->reply);
    rpc_file_forget(call);
    r->n_rows = r->n_changed = 0;
    if (is_list(call, r) && gives_rows(r))
        media_begin(call, &r->plans[n - 1].shape);
    for (size_t i = 0; i < n; i++) {
        if (!run_part(call, db, r, &r->plans[i], i + 1 == n))
            return false;
    }
    if (!end_rows(call, r) || !check_affected(call, r))
        return false;
    if (!call->reply.failed)
        return true;
    return error_set(job->error, call->reply.full ? ERROR_ANSWER_TOO_LARGE : ERROR_MEMORY,
                     "the answer does not fit");
}

static void answer(struct call *call, const struct rpc *r)
{
    bool counted = call->prefer.count != PREFER_COUNT_NONE;

    if (!gives_rows(r)) {
        buf_clear(&call->reply);
        call->outcome = OUTCOME_NO_CONTENT;
    } else if (r->routine->source->returns == RETURNS_FILE) {
        (void)rpc_answer_file(call, r);
    } else if (is_list(call, r)) {
        target_range(call, 0, (int64_t)r->n_rows, counted ? (int64_t)r->n_rows : -1);
        (void)target_reply(call, OUTCOME_OK);
    } else {
        (void)rpc_answer_first(call, r->n_rows > 0);
    }
}

static enum progress finish(struct call *call)
{
    const struct rpc *r = call->state;
    bool counts = gives_rows(r) && r->routine->source->returns != RETURNS_FILE;
    unsigned follows = PREFER_FOLLOWS_AFFECTED;

    if (error_is_set(&call->error))
        return call_fail(call);
    answer(call, r);
    follows |= counts ? PREFER_FOLLOWS_COUNT : 0;
    follows |= call->service->allow_tx ? PREFER_FOLLOWS_TX : 0;
    target_applied(call, follows);
    return CALL_DONE;
}

/* As PostgREST: only rows can be counted. */
static bool check_limit(struct call *call, const struct rpc *r)
{
    bool rows = r->routine->source->returns == RETURNS_MANY && r->routine->result.n_columns > 0;

    if (rows || !limits_affected(call))
        return true;
    error_set(&call->error, ERROR_AFFECTED_SHAPE,
              "Function must return SETOF or TABLE when max-affected preference is used with "
              "handling=strict");
    return error_hint(&call->error, "The query must return rows: -- returns many, and RETURNING.");
}

enum progress rpc_submit(struct call *call, struct rpc *r)
{
    if (!check_limit(call, r) || !plan_parts(call, r))
        return call_fail(call);
    if (media_is_plan(call))
        return target_answer_plan(call, &r->plans[r->routine->source->n_parts - 1]);
    return call_submit(call, run, finish);
}
