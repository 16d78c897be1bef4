/*
 * Named queries that write, on the writer's thread: their operations, and what becomes of the rows.
 *
 * SPDX-License-Identifier: MIT
 */
#include "query/json_out.h"
#include "resource/rpc.h"
#include "resource/target.h"

/* A row of the answer. */
static enum row_verdict take_answer(void *context, const struct row *row, struct error *e)
{
    struct call *call = context;
    struct rpc *r = call->state;
    bool first = r->n_rows == 0;
    (void)e;

    r->n_rows++;
    if (r->routine->source->returns == RETURNS_FILE)
        return !first || rpc_file_row(call, r, row) ? ROW_MORE : ROW_FAILED;
    if (rpc_is_list(call, r))
        sink_row(&r->sink, row);
    else if (first)
        rpc_write_first(call, r, row, r->shape);
    return ROW_MORE;
}

static enum row_verdict take_kept(void *context, const struct row *row, struct error *e)
{
    struct call *call = context;
    (void)e;

    rpc_rows_keep(call->state, row);
    return ROW_MORE;
}

/* The rows that RETURNING gave, for what reads them as the request asks for them. */
static bool end_kept(void *context, const struct operation *op, struct error *e)
{
    struct call *call = context;
    struct rpc *r = call->state;
    (void)op, (void)e;

    if (!rpc_rows_end(call, r))
        return false;
    rpc_rows_fill(r, &r->over);
    rpc_rows_fill(r, &r->count);
    return true;
}

static enum row_verdict take_total(void *context, const struct row *row, struct error *e)
{
    struct call *call = context;
    struct rpc *r = call->state;
    (void)e;

    r->total = row_integer(row, 0);
    return ROW_ENOUGH;
}

/* Neither more rows changed nor, as PostgREST counts them, more rows returned. */
static bool check_affected(struct call *call, const struct rpc *r)
{
    size_t affected = 0;

    for (const struct operation *op = r->work.first; op; op = op->next)
        affected += op->changed;
    if (affected < r->n_rows)
        affected = r->n_rows;
    return target_check_affected(call, affected);
}

/* What comes after the rows, and whether there are as many as there must be. */
static bool end_rows(struct call *call, struct rpc *r)
{
    if (!rpc_gives_rows(r))
        return true;
    if (r->routine->source->returns == RETURNS_FILE)
        return r->n_rows > 0 || rpc_file_missing(call, r);
    if (rpc_is_list(call, r)) {
        sink_end(&r->sink);
        return media_check_rows(call, r->n_rows);
    }
    if (r->n_rows == 0)
        buf_add_text(&call->reply, "null");
    return media_check_rows(call, r->n_rows > 0);
}

static void begin(void *context)
{
    struct call *call = context;
    struct rpc *r = call->state;

    buf_clear(&call->reply);
    buf_clear(&r->kept);
    rpc_file_forget(call);
    r->n_rows = 0;
    r->sink = (struct sink){.out = &call->reply, .media = call->media, .shape = r->shape};
    if (rpc_is_list(call, r) && rpc_gives_rows(r))
        sink_begin(&r->sink);
}

static bool end(void *context, struct error *e)
{
    struct call *call = context;
    struct rpc *r = call->state;

    if (!end_rows(call, r))
        return false;
    if (!check_affected(call, r))
        return false;
    if (!call->reply.failed)
        return true;
    return error_set(e, call->reply.full ? ERROR_ANSWER_TOO_LARGE : ERROR_MEMORY,
                     "the answer does not fit");
}

/* Appends an operation; NULL with the error. */
static struct operation *add(struct call *call, struct rpc *r, struct query query, row_sink *sink)
{
    struct operation *op = operation_new(&call->arena, query, call);

    if (!op) {
        error_set(&call->error, ERROR_MEMORY, "out of memory");
        return NULL;
    }
    op->sink = sink;
    operations_add(&r->work, op);
    return op;
}

/* The statements; of the last one the rows are answered, or kept. */
static bool add_statements(struct call *call, struct rpc *r)
{
    size_t n = r->routine->source->n_parts;
    row_sink *last = r->rows ? take_kept : take_answer;

    for (size_t i = 0; i < n; i++) {
        bool answers = i + 1 == n && rpc_gives_rows(r);
        struct operation *op = add(call, r, plan_query(&r->plans[i]), answers ? last : NULL);

        if (!op)
            return false;
        if (answers && r->rows)
            op->judge = end_kept;
    }
    return true;
}

static bool add_over(struct call *call, struct rpc *r, struct rpc_over *over, row_sink *sink)
{
    struct query query = plan_query(&over->plan);

    if (!rpc_rows_bind(call, over))
        return false;
    query.values = over->values;
    return add(call, r, query, sink) != NULL;
}

bool rpc_list_work(struct call *call, struct rpc *r)
{
    r->shape = r->rows ? &r->over.plan.shape : &r->plans[r->routine->source->n_parts - 1].shape;
    r->work = (struct operations){.begin = begin, .end = end, .context = call};
    return add_statements(call, r) && (!r->rows || add_over(call, r, &r->over, take_answer)) &&
           (!r->counts || add_over(call, r, &r->count, take_total));
}
