/*
 * A body past --max-body, before anything of it is kept in a file.
 *
 * SPDX-License-Identifier: MIT
 */
#include "http/loop.h"
#include "http/request.h"
#include "http/route.h"
#include "http/upload.h"
#include "resource/target.h"
#include "resource/upload.h"

bool upload_too_large(struct request *r)
{
    error_set(&r->call.error, ERROR_TOO_LARGE, "the body is over %zu bytes",
              r->loop->options->max_body);
    return error_hint(&r->call.error, "Send less, or raise --max-body.");
}

bool upload_past_max(struct request *r)
{
    error_set(&r->call.error, ERROR_TOO_LARGE, "the body is over %lld bytes",
              (long long)r->call.service->max_upload);
    return error_hint(&r->call.error, "Send less, or raise --max-upload.");
}

/* The verb looks at it again when the body is there: nothing is left of this look but an error. */
static bool rows_may_begin(struct request *r)
{
    struct call *call = &r->call;
    struct arena_mark mark = arena_mark(&call->arena);
    bool may;

    memory_begin(call_memory(call));
    call->budget_us = 0;
    may = upload_may_begin(call);
    if (!may)
        return false;
    call_forget(call);
    arena_rewind(&call->arena, mark);
    return true;
}

/* Another route looks at its path itself, when the body is there. */
static bool adds_rows(struct request *r)
{
    const struct route *route;

    if (r->call.method != METHOD_POST || r->call.admin)
        return false;
    route = route_find(&r->call);
    if (!route)
        error_clear(&r->call.error);
    if (!route || route->kind != ROUTE_LIST)
        return false;
    r->route = route;
    return true;
}

bool upload_check(struct request *r)
{
    struct call *call = &r->call;

    if (!adds_rows(r))
        return upload_too_large(r);
    if (call->service->read_only) {
        (void)target_read_only(call);
        return false;
    }
    if (!r->loop->uploads)
        return upload_too_large(r);
    if (!rows_may_begin(r))
        return error_is_set(&call->error) ? false : upload_too_large(r);
    r->is_upload = true;
    if (r->announced > call->service->max_upload)
        return upload_past_max(r);
    return true;
}
