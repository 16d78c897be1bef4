/*
 * The one way from a verb to its rows.
 *
 * SPDX-License-Identifier: MIT
 */
#include "resource/target.h"
#include "store/run/reader.h"

/* Is the plan's statement known as slow? A plan that is kept has its text's hash. */
static bool is_slow(const struct call *call, const struct plan *plan)
{
    const struct slow_shapes *shapes = lane_slow_shapes(call->service->lane);

    if (plan->sql_hash)
        return slow_shapes_any(shapes) && slow_shapes_look(shapes, plan->sql_hash);
    return slow_shapes_has(shapes, plan->sql);
}

/* A statement that is known as slow is not begun on a loop. In the lane, the time that the verb takes
 * is held against its first. */
static bool may_begin(struct call *call, const struct plan *plan)
{
    if (call->budget_us)
        return !is_slow(call, plan) || !call_moves(call, LANE_SHAPE);
    if (call->in_lane && call->shape == 0)
        call->shape = slow_shapes_hash(plan->sql);
    return true;
}

bool target_read(struct call *call, const struct plan *plan, row_sink *sink, void *context)
{
    const struct query query = plan_query(plan);

    if (!may_begin(call, plan))
        return false;
    return reader_rows(call->reader, &query, sink, context, &call->error);
}

enum reading_state target_read_on(struct call *call, const struct plan *plan, row_sink *sink,
                                  void *context, struct reading **rest)
{
    const struct query query = plan_query(plan);

    *rest = NULL;
    if (!may_begin(call, plan))
        return READING_FAILED;
    return reader_read(call->reader, &query, sink, context, rest, &call->error);
}
