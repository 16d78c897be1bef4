/*
 * Where a call reads, and what: the snapshot of its reader, the catalogue, the table that is meant.
 *
 * SPDX-License-Identifier: MIT
 */
#include "resource/call.h"

#include "query/rights.h"
#include "store/catalog/catalog.h"
#include "store/run/reader.h"

bool call_moves(struct call *call, enum lane_reason reason)
{
    bool is_stream = reason == LANE_STREAM && !call->in_lane && call->service->lane;

    if (call->budget_us == 0 && !is_stream)
        return false;
    call->moves_for = reason;
    error_set(&call->error, ERROR_OVER_BUDGET, "the work goes on in the reader lane");
    return true;
}

bool call_check_profile(struct call *call)
{
    struct slice name = call->profile;

    if (name.len == 0 || slice_is(name, "public") || slice_is(name, "main"))
        return true;
    error_set(&call->error, ERROR_SCHEMA, "Invalid schema: %.*s", SLICE_SHOWN(name));
    return error_hint(&call->error, "Only the following schemas are exposed: public");
}

/* The table that the role has no right to; NULL: there is none of that name. */
static const struct table *hidden_table(const struct call *call)
{
    if (!call->catalog->base)
        return NULL;
    return catalog_table(call->catalog->base, call->table_name);
}

static bool no_table(struct call *call)
{
    const struct unserved *there = catalog_unserved(call->catalog, call->table_name);
    const struct table *hidden = hidden_table(call);
    const char *near;

    if (!call_check_profile(call))
        return false;
    if (hidden)
        return rights_refuse(hidden, &call->error);
    if (there)
        return error_set(&call->error, there->code, "'%s' cannot be served: %s", there->name.data,
                         there->reason);
    near = catalog_suggest_table(call->catalog, call->table_name);
    error_set(&call->error, ERROR_NO_TABLE,
              "Could not find the table 'public.%.*s' in the schema cache",
              SLICE_SHOWN(call->table_name));
    if (!near)
        return false;
    return error_hint(&call->error, "Perhaps you meant the table 'public.%s'", near);
}

/* On a loop another thread reads the catalogue, if it is large. */
static bool begin_reading(struct call *call)
{
    if (call->budget_us == 0)
        return reader_begin(call->reader, call->now_us, call->deadline_us, &call->error);
    if (reader_begin_soon(call->reader, call->now_us, call->deadline_us, &call->error))
        return true;
    if (call->error.code == ERROR_OVER_BUDGET)
        call->moves_for = LANE_SCHEMA;
    return false;
}

bool call_read(struct call *call)
{
    if (!begin_reading(call))
        return false;
    if (call->budget_us == CALL_MOVES && call_moves(call, LANE_ALL))
        return false;
    reader_budget(call->reader, call->budget_us);
    reader_identify(call->reader, &call->who);
    return true;
}

bool call_begin(struct call *call)
{
    const unsigned writing = METHOD_BIT(METHOD_POST) | METHOD_BIT(METHOD_PUT) |
                             METHOD_BIT(METHOD_PATCH) | METHOD_BIT(METHOD_DELETE);

    if (METHOD_BIT(call->method) & writing
            ? !reader_begin_schema(call->reader, call->now_us, call->deadline_us, &call->error)
            : !call_read(call))
        return false;
    return call_choose_catalog(call);
}

/* Finds the table in the reader's snapshot. False with an error only if that cannot be had. */
static bool look_up(struct call *call)
{
    if (!call_begin(call))
        return false;
    call->table = catalog_table(call->catalog, call->table_name);
    return true;
}

bool call_resolve(struct call *call)
{
    if (!look_up(call))
        return false;
    if (call->table)
        return true;
    /* Another process may have made the table since the kept snapshot began: look again. */
    reader_release(call->reader);
    if (!look_up(call))
        return false;
    if (call->table)
        return true;
    return no_table(call);
}
