/*
 * GET, HEAD and OPTIONS on lists and rows.
 *
 * SPDX-License-Identifier: MIT
 */
#include "query/json_out.h"
#include "resource/target.h"
#include "resource/verbs.h"
#include "store/reader.h"

/* Runs the plan's SELECT on the loop's reader; the caller releases. NULL with an error. */
static struct statement *open_query(struct call *call, const struct plan *plan)
{
    struct statement *st = statement_get(reader_db(call->reader), plan->sql, &call->error);

    if (st && statement_bind(st, plan->values, plan->n_values, &call->error))
        return st;
    statement_release(st);
    return NULL;
}

static bool count_rows(struct call *call, int64_t *total)
{
    struct plan plan;
    struct statement *st;
    bool ok;

    if (!plan_count(&call->arena, call->table, &call->tree, &plan, &call->error))
        return false;
    st = open_query(call, &plan);
    ok = st && statement_step(st, &call->error) == STEP_ROW;
    if (ok)
        *total = statement_integer(st, 0);
    statement_release(st);
    return ok;
}

/* Writes the rows as an array; false on an error of the query. */
static bool write_rows(struct call *call, const struct plan *plan, int64_t *rows)
{
    struct statement *st = open_query(call, plan);
    enum step step = STEP_FAILED;

    *rows = 0;
    buf_add_char(&call->reply, '[');
    while (st && (step = statement_step(st, &call->error)) == STEP_ROW && !call->reply.failed) {
        if ((*rows)++ > 0)
            buf_add_char(&call->reply, ',');
        json_out_row(&call->reply, st, plan->outputs, plan->n_outputs);
    }
    buf_add_char(&call->reply, ']');
    statement_release(st);
    return step != STEP_FAILED;
}

static bool check_offset(struct call *call, int64_t total)
{
    if (call->tree.offset <= total)
        return true;
    target_range(call, 0, 0, total);
    error_set(&call->error, ERROR_RANGE, "Requested range not satisfiable");
    return error_details(&call->error,
                         "An offset of %lld was requested, but there are only %lld rows.",
                         (long long)call->tree.offset, (long long)total);
}

enum progress list_read(struct call *call)
{
    struct plan plan;
    int64_t rows, total = -1;
    bool partial;

    if (!target_list(call) || !plan_select(&call->arena, call->table, &call->tree,
                                           call->service->max_rows, &plan, &call->error))
        return call_fail(call);
    if (call->prefer.count != PREFER_COUNT_NONE) {
        if (!count_rows(call, &total) || !check_offset(call, total))
            return call_fail(call);
        target_applied(call, "count=exact");
    }
    if (!write_rows(call, &plan, &rows))
        return call_fail(call);
    target_range(call, call->tree.offset, rows, total);
    partial = rows < total; /* as PostgREST: an empty page of something is a part, too */
    return target_json(call, partial ? OUTCOME_PARTIAL : OUTCOME_OK);
}

enum progress target_answer_row(struct call *call)
{
    struct plan plan;
    struct statement *st;
    enum step step;

    if (!plan_select(&call->arena, call->table, &call->tree, 0, &plan, &call->error))
        return call_fail(call);
    st = open_query(call, &plan);
    step = st ? statement_step(st, &call->error) : STEP_FAILED;
    if (step == STEP_ROW)
        json_out_row(&call->reply, st, plan.outputs, plan.n_outputs);
    else if (step == STEP_DONE)
        error_set(&call->error, ERROR_NO_ROW, "there is no row with this key");
    statement_release(st);
    return step == STEP_ROW ? target_json(call, OUTCOME_OK) : call_fail(call);
}

enum progress row_read(struct call *call)
{
    return target_row(call) ? target_answer_row(call) : call_fail(call);
}

static enum progress options(struct call *call, unsigned methods)
{
    call->allow = methods;
    call->outcome = OUTCOME_OK;
    return CALL_DONE;
}

enum progress list_options(struct call *call)
{
    return call_resolve(call) ? options(call, resource_list_methods(call->table)) : call_fail(call);
}

enum progress row_options(struct call *call)
{
    struct condition *none;

    if (!call_resolve(call))
        return call_fail(call);
    if (call->table->n_key == 0 && /* no row has a path: in the words of the other verbs */
        !plan_key_filter(&call->arena, call->table, NULL, 0, &none, &call->error))
        return call_fail(call);
    return options(call, resource_row_methods(call->table));
}
