/*
 * The form of a named query's answer, whether it reads or writes.
 *
 * SPDX-License-Identifier: MIT
 */
#include "query/json_out.h"
#include "query/rights.h"
#include "resource/rpc.h"
#include "resource/target.h"

bool rpc_gives_rows(const struct rpc *r)
{
    return r->routine->result.n_columns > 0;
}

bool rpc_is_list(const struct call *call, const struct rpc *r)
{
    enum routine_returns returns = r->routine->source->returns;

    return returns == RETURNS_MANY || returns == RETURNS_SCALARS || media_is_endless(call->media);
}

enum progress rpc_fail(struct call *call)
{
    if (call->catalog->base)
        rights_veil(NULL, &call->error);
    return call_fail(call);
}

void rpc_write_first(struct call *call, const struct rpc *r, const struct row *row,
                     const struct shape *shape)
{
    if (r->routine->source->returns == RETURNS_ONE) {
        json_out_row(&call->reply, row, shape);
    } else if (shape->n > 0) {
        struct value value = row_value(row, 0);

        json_out_value(&call->reply, &value, shape->outputs[0].kind);
    }
}

enum progress rpc_answer_first(struct call *call, bool found)
{
    bool counted = call->prefer.count != PREFER_COUNT_NONE;

    target_range(call, 0, found, counted ? found : -1);
    target_applied(call, PREFER_FOLLOWS_COUNT);
    if (call->media == MEDIA_OBJECT)
        return target_reply(call, OUTCOME_OK);
    return target_json(call, OUTCOME_OK);
}
