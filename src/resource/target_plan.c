/*
 * A statement's plan as the answer.
 *
 * SPDX-License-Identifier: MIT
 */
#include <inttypes.h>

#include "base/text.h"
#include "resource/target.h"
#include "store/run/reader.h"

/* The steps of a plan on their way into the answer. */
struct explained {
    struct call *call;
    size_t steps; /* so far */
};

static enum row_verdict take_step(void *context, const struct row *row, struct error *e)
{
    struct explained *explained = context;
    struct buf *b = &explained->call->reply;
    bool first = explained->steps++ == 0;
    (void)e;

    if (explained->call->media == MEDIA_PLAN_TEXT) {
        buf_add_slice(b, row_bytes(row, 3));
        buf_add_char(b, '\n');
        return ROW_MORE;
    }
    buf_addf(b, "%s{\"id\":%" PRId64 ",\"parent\":%" PRId64 ",\"detail\":", first ? "" : ",",
             row_integer(row, 0), row_integer(row, 1));
    text_json_string(b, row_bytes(row, 3));
    buf_add_char(b, '}');
    return ROW_MORE;
}

/* The caller's parameters are not known to a plan: NULL stands for them. */
static bool fill_values(struct call *call, struct plan *plan)
{
    size_t n = plan->n_leading + plan->n_values + plan->n_trailing;
    struct value *values = arena_zeroed(&call->arena, n + 1, sizeof *values);

    if (!values)
        return error_set(&call->error, ERROR_MEMORY, "out of memory");
    if (plan->n_values)
        memcpy(values + plan->n_leading, plan->values, plan->n_values * sizeof *values);
    plan->values = values;
    plan->n_values = n;
    return true;
}

/* EXPLAIN QUERY PLAN's rows (sqlite.org/eqp.html), and the statement. Nothing is run: a statement
 * that writes may be explained on a reader's connection. */
enum progress target_answer_plan(struct call *call, const struct plan *plan)
{
    struct plan explain = *plan;
    struct explained explained = {.call = call};
    bool json = call->media == MEDIA_PLAN_JSON;
    struct query query;

    if (call_moves(call, LANE_PLAN))
        return call_fail(call);
    if (!plan_explain(&call->arena, plan, &explain.sql, &call->error))
        return call_fail(call);
    explain.ref = NULL;
    if (!fill_values(call, &explain))
        return call_fail(call);
    query = plan_query(&explain);
    buf_add_text(&call->reply, json ? "[{\"Plan\":[" : "");
    if (!reader_explain(call->reader, &query, take_step, &explained, &call->error))
        return call_fail(call);
    if (json) {
        buf_add_text(&call->reply, "],\"SQL\":");
        text_json_string(&call->reply, plan->sql);
        buf_add_text(&call->reply, "}]");
    }
    return target_reply(call, OUTCOME_OK);
}
