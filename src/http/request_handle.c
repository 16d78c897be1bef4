/*
 * The access handler: a request's header section, its body, its verb, and what comes back from a job.
 *
 * SPDX-License-Identifier: MIT
 */
#include "http/request.h"

#include "http/cors.h"
#include "http/head.h"
#include "http/loop.h"
#include "http/moved.h"
#include "http/reply.h"
#include "http/route.h"

/* A body over its limit is read and dropped up to this many times the limit, so that a
 * client that announced no length reads the answer; past that the connection closes. */
#define DROP_FACTOR 4

/* Whoever holds the memory may have it for as long as a request may take; most have it for less. */
static void no_room(struct request *r)
{
    error_set(&r->call.error, ERROR_MEMORY, "others have the memory that the body needs");
    error_hint(&r->call.error,
               "Send the request again in a moment; --memory is what all requests have together.");
}

/*
 * The first call of the handler. An answer queued here makes libmicrohttpd close the
 * connection, which is right only when a body is on its way that nobody wants.
 */
static enum MHD_Result on_headers(struct request *r, const char *method, const char *version)
{
    r->protocol = version;
    r->phase = REQUEST_BODY;
    head_read(r, method);
    r->call.body.max = r->loop->options->max_body;
    r->head_failed = !head_check(r);
    if (r->announced <= (int64_t)r->loop->options->max_body)
        return MHD_YES;
    if (!r->head_failed && upload_begin(r))
        return MHD_YES;
    r->head_failed = true;
    call_fail(&r->call);
    if (reply_send(r))
        return MHD_YES;
    return MHD_NO;
}

static void keep_in_memory(struct request *r, const char *data, size_t size)
{
    struct buf *body = &r->call.body;

    buf_add(body, data, size);
    if (!body->failed)
        return;
    if (body->full)
        upload_too_large(r);
    else
        no_room(r);
    upload_fail(r);
}

/* Bytes of a body that may come, kept or not. */
static size_t most_of_body(const struct request *r)
{
    size_t max_body = r->loop->options->max_body;

    if (r->is_upload)
        return (size_t)r->call.service->max_upload + max_body * (DROP_FACTOR - 1);
    return max_body * DROP_FACTOR;
}

static enum MHD_Result on_body(struct request *r, const char *data, size_t *size)
{
    size_t n = *size;

    *size = 0;
    r->body_seen += n;
    if (r->body_seen > most_of_body(r))
        return MHD_NO;
    if (r->head_failed)
        return MHD_YES;
    if (!r->upload && r->body_seen <= r->loop->options->max_body)
        keep_in_memory(r, data, n);
    else if ((!r->upload && !upload_begin(r)) || !upload_take(r, data, n))
        upload_fail(r);
    return MHD_YES;
}

static enum MHD_Result answer(struct request *r)
{
    if (r->call.outcome == OUTCOME_FAILED)
        call_explain(&r->call);
    if (r->upload)
        upload_end(r, r->call.outcome == OUTCOME_FAILED ? UPLOAD_FAILED : UPLOAD_COMPLETE);
    connection_enter(&r->loop->peers, r->peer, CONNECTION_ANSWERING, r->loop->now_us);
    if (reply_send(r))
        return MHD_YES;
    return MHD_NO;
}

static enum MHD_Result park(struct request *r, bool lane)
{
    parked_add(r, lane);
    return MHD_YES;
}

/* What the verb, or what is left of it, came to: it is answered, waits for its job, or is planned
 * anew for a schema that changed meanwhile. */
static enum MHD_Result go_on(struct request *r, enum progress progress)
{
    if (progress == CALL_DONE && call_again(&r->call))
        progress = route_run(&r->call, &r->route);
    if (progress == CALL_WAITING)
        return park(r, false);
    if (r->call.error.code == ERROR_OVER_BUDGET && moved_submit(r))
        return park(r, true);
    return answer(r);
}

/* A job is back from the writer. */
static enum MHD_Result on_returned(struct request *r)
{
    memory_begin(call_memory(&r->call));
    return go_on(r, r->call.finish(&r->call));
}

/* A read is back from the lane. */
static enum MHD_Result on_read(struct request *r)
{
    if (!moved_back(r))
        return MHD_NO; /* the client went away */
    connection_enter(&r->loop->peers, r->peer, CONNECTION_ANSWERING, r->loop->now_us);
    if (reply_send(r))
        return MHD_YES;
    return MHD_NO;
}

/* The request is there in full. */
static enum MHD_Result on_complete(struct request *r)
{
    memory_begin(call_memory(&r->call));
    if (!r->head_failed && r->upload && !upload_is_whole(r))
        return MHD_YES;
    if (r->head_failed) {
        call_fail(&r->call);
        return answer(r);
    }
    if (cors_is_preflight(r)) {
        r->call.outcome = OUTCOME_NO_CONTENT;
        return answer(r);
    }
    if (reply_again(r))
        return MHD_YES;
    r->start = arena_mark(&r->call.arena);
    r->begun_us = r->loop->now_us;
    r->call.budget_us = budget_give(&r->loop->budget, r->begun_us);
    return go_on(r, route_run(&r->call, &r->route));
}

enum MHD_Result request_handle(void *loop, struct MHD_Connection *connection, const char *url,
                               const char *method, const char *version, const char *upload,
                               size_t *upload_size, void **context)
{
    struct request *r = *context;
    (void)loop, (void)connection, (void)url;

    if (!r)
        return MHD_NO; /* no memory when the request line came */
    switch (r->phase) {
    case REQUEST_HEADERS: return on_headers(r, method, version);
    case REQUEST_BODY: return *upload_size ? on_body(r, upload, upload_size) : on_complete(r);
    case REQUEST_RETURNED: return on_returned(r);
    case REQUEST_READ: return on_read(r);
    case REQUEST_KEEPING:
    case REQUEST_WAITING:
    case REQUEST_IN_LANE:
    case REQUEST_ANSWERED: break;
    }
    return MHD_YES;
}
