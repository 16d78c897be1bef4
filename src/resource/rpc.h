/*
 * A call of a named query on its way. Private to the verbs of /rpc.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_RESOURCE_RPC_H
#define THIMBLE_RESOURCE_RPC_H

#include "resource/body.h"
#include "resource/call.h"
#include "store/routine.h"

struct rpc {
    const struct routine *routine;
    struct routine_call source;
    struct value *values;
    bool *given;
    struct plan *plans; /* of a query that writes: one for each statement */
    size_t n_rows;
};

/* Plans the statements of a query that writes and hands them to the writer. */
enum progress rpc_submit(struct call *call, struct rpc *r);

#endif
