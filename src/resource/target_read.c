/*
 * The one way from a verb to its rows.
 *
 * SPDX-License-Identifier: MIT
 */
#include "resource/target.h"
#include "store/run/reader.h"

/* A statement that is known as slow is not begun on a loop. In the lane, the time that the verb takes
 * is held against its first. */
static bool may_begin(struct call *call, struct slice sql)
{
    if (call->budget_us)
        return !slow_shapes_has(lane_slow_shapes(call->service->lane), sql) ||
               !call_moves(call, LANE_SHAPE);
    if (call->in_lane && call->shape == 0)
        call->shape = slow_shapes_hash(sql);
    return true;
}

bool target_read(struct call *call, const struct plan *plan, row_sink *sink, void *context)
{
    const struct query query = plan_query(plan);

    if (!may_begin(call, plan->sql))
        return false;
    return reader_rows(call->reader, &query, sink, context, &call->error);
}

enum reading_state target_read_on(struct call *call, const struct plan *plan, row_sink *sink,
                                  void *context, struct reading **rest)
{
    const struct query query = plan_query(plan);

    *rest = NULL;
    if (!may_begin(call, plan->sql))
        return READING_FAILED;
    return reader_read(call->reader, &query, sink, context, rest, &call->error);
}
