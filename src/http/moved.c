/* SPDX-License-Identifier: MIT */
#include "http/moved.h"

#include <stddef.h>

#include "base/clock.h"
#include "http/loop.h"
#include "http/request.h"
#include "http/route.h"
#include "store/run/reader.h"

/* What a job that failed took says nothing of its statement, unless it was too long. */
static bool counts(const struct call *call)
{
    return call->outcome != OUTCOME_FAILED || call->error.code == ERROR_TIMEOUT;
}

/* On the lane's thread. */
static void run_again(struct lane_job *job, struct reader *reader)
{
    struct request *r = request_of_lane_job(job);
    struct call *call = &r->call;

    call->reader = reader;
    memory_begin(call_memory(call));
    (void)route_run(call, &r->route);
    if (call_again(call))
        (void)route_run(call, &r->route);
    if (call->streamed)
        stream_keep(r);
    if (call->outcome == OUTCOME_FAILED)
        call_explain(call);
    job->shape = counts(call) ? call->shape : 0;
}

static void note_overrun(struct request *r)
{
    struct loop *loop = r->loop;
    int64_t now = clock_us();

    if (r->call.moves_for == LANE_OVERRUN)
        budget_spend(&loop->budget, now - r->begun_us);
    loop->now_us = now;
}

bool moved_submit(struct request *r)
{
    struct call *call = &r->call;

    note_overrun(r);
    call_forget(call);
    buf_finish(&call->reply);
    arena_rewind(&call->arena, r->start);
    call->budget_us = 0;
    call->in_lane = true;
    r->version = reader_version(r->loop->reader);
    r->lane = (struct lane_job){
        .completion.kind = COMPLETION_OF_LANE,
        .run = run_again,
        .completions = &r->loop->completions,
        .address = {call->address},
        .reason = call->moves_for,
    };
    if (lane_submit(call->service->lane, &r->lane, &call->error))
        return true;
    (void)call_fail(call);
    if (r->lane.reason == LANE_SCHEMA) { /* it is no slow read: no reason to refuse it */
        call_forget(call);
        (void)route_run(call, &r->route);
    }
    return false;
}

/*
 * An answer from the lane's snapshot is kept as one of the loop's if they show the same database: the
 * loop's own was begun before, has not moved until now, and so has not moved in between.
 */
static bool is_ours(struct request *r)
{
    struct error ignored = error_none();
    struct loop *loop = r->loop;

    if (!loop->cache.buckets)
        return false;
    reader_release(loop->reader);
    return reader_begin_soon(loop->reader, loop->now_us, r->call.deadline_us, &ignored) &&
           reader_version(loop->reader) == r->version;
}

bool moved_back(struct request *r)
{
    struct call *call = &r->call;

    call->reader = r->loop->reader;
    call->in_lane = false;
    if (atomic_load_explicit(&r->lane.cancelled, memory_order_relaxed))
        return false;
    if (call->cacheable == CACHEABLE_SNAPSHOT && !is_ours(r))
        call->cacheable = CACHEABLE_NOT;
    return true;
}
