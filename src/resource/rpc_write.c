/*
 * Named queries that write: their statements planned on the loop, and the answer.
 *
 * SPDX-License-Identifier: MIT
 */
#include "resource/rpc.h"
#include "resource/target.h"

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
    if (copy)
        return true;
    return error_set(&call->error, ERROR_MEMORY, "out of memory");
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
    plan->shape = (struct shape){outputs, result->n_columns, call->options.bare,
                                 call->options.strip_nulls, call->options.one_line};
    return true;
}

/* Columns that a statement's own rows do not show as they must be shown. */
static bool has_binary_json(const struct table *result)
{
    for (size_t i = 0; i < result->n_columns; i++) {
        if (result->columns[i].kind == KIND_JSONB)
            return true;
    }
    return false;
}

/* True if the request asks for other rows or columns than the statement gives by itself. */
static bool is_asked(const struct call *call, const struct rpc *r)
{
    const struct query_node *root = &call->tree.root;

    return root->select || root->filter || root->order || root->limit >= 0 || root->offset ||
           call->tree.has_cursor || has_binary_json(&r->routine->result);
}

/* Where the rows of the answer come from: the last statement as it is, or a SELECT over it. */
static bool plan_last(struct call *call, struct rpc *r)
{
    const struct table *result = &r->routine->result;
    const struct plan_source source = {result, &r->source};
    struct plan *last = &r->plans[r->routine->source->n_parts - 1];
    bool counted = call->prefer.count != PREFER_COUNT_NONE;

    if (result->n_columns == 0 || (!r->routine->is_select && !is_asked(call, r)))
        return plain_shape(call, result, last);
    if (r->routine->is_select) {
        if (!plan_select(&call->arena, &source, &call->tree, &call->options, last, &call->error))
            return false;
    } else if (!rpc_rows_source(call, r) ||
               !plan_select(&call->arena, &source, &call->tree, &call->options, &r->over.plan,
                            &call->error)) {
        return false;
    }
    r->counts = counted;
    return !counted || plan_count(&call->arena, &source, &call->tree, &call->options,
                                  &r->count.plan, &call->error);
}

static bool plan_parts(struct call *call, struct rpc *r)
{
    size_t n = r->routine->source->n_parts;

    r->plans = arena_alloc(&call->arena, n * sizeof *r->plans);
    if (!r->plans)
        return error_set(&call->error, ERROR_MEMORY, "out of memory");
    for (size_t i = 0; i < n; i++) {
        if (!plain_plan(call, r, i, &r->plans[i]))
            return false;
    }
    return plan_last(call, r);
}

static void answer_list(struct call *call, const struct rpc *r)
{
    int64_t rows = (int64_t)r->n_rows, total = -1;
    int64_t offset = call->tree.root.offset;

    if (call->prefer.count != PREFER_COUNT_NONE)
        total = r->counts ? r->total : rows;
    target_range(call, offset, rows, total);
    (void)target_reply(call, rows < total ? OUTCOME_PARTIAL : OUTCOME_OK);
}

static void answer(struct call *call, const struct rpc *r)
{
    if (!rpc_gives_rows(r)) {
        buf_clear(&call->reply);
        call->outcome = OUTCOME_NO_CONTENT;
    } else if (r->routine->source->returns == RETURNS_FILE) {
        (void)rpc_answer_file(call, r);
    } else if (rpc_is_list(call, r)) {
        answer_list(call, r);
    } else {
        (void)rpc_answer_first(call, r->n_rows > 0);
    }
}

static enum progress finish(struct call *call)
{
    const struct rpc *r = call->state;
    bool counts = rpc_gives_rows(r) && r->routine->source->returns != RETURNS_FILE;
    unsigned follows = PREFER_FOLLOWS_AFFECTED;

    if (error_is_set(&call->error))
        return rpc_fail(call);
    answer(call, r);
    follows |= counts ? PREFER_FOLLOWS_COUNT : 0;
    follows |= call->service->allow_tx ? PREFER_FOLLOWS_TX : 0;
    target_applied(call, follows);
    return CALL_DONE;
}

static void dispose(void *state)
{
    buf_finish(&((struct rpc *)state)->kept);
}

enum progress rpc_submit(struct call *call, struct rpc *r)
{
    call->dispose = dispose;
    if (!plan_parts(call, r))
        return call_fail(call);
    if (media_is_plan(call))
        return target_answer_plan(call, &r->plans[r->routine->source->n_parts - 1]);
    if (!rpc_list_work(call, r))
        return call_fail(call);
    call->job.shape = r->plans[0].sql;
    return call_submit(call, &r->work, finish);
}
