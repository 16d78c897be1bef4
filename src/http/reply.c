/* SPDX-License-Identifier: MIT */
#include "http/reply.h"

#include <stdio.h>

#include "base/buf.h"
#include "http/loop.h"
#include "http/request.h"
#include "http/reply_fields.h"
#include "http/route.h"
#include "http/status.h"
#include "resource/precondition.h"
#include "resource/problem.h"
#include "store/run/reader.h"

/* Room for a problem document, whatever --max-answer says. */
#define PROBLEM_MAX 32768

static void write_problem(struct request *r, unsigned status)
{
    struct call *call = &r->call;

    call->lent = (struct slice){NULL, 0};
    if (call->reply.cap > PROBLEM_MAX)
        buf_finish(
            &call->reply); /* what was written of the answer is given back before it is told */
    buf_clear(&call->reply);
    if (call->reply.max < PROBLEM_MAX)
        call->reply.max = PROBLEM_MAX;
    problem_write(&call->reply, &call->error, (int)status, status_title(status), call->path);
    call->content_type_out = "application/problem+json";
}

static bool is_draining(const struct request *r)
{
    return atomic_load_explicit(r->loop->draining, memory_order_relaxed);
}

/* Whether equal requests have equal answers, header fields and all. */
static bool may_repeat(const struct request *r)
{
    if (!r->plain || r->call.method != METHOD_GET)
        return false;
    if (r->peer->verdict != LIMIT_OK || is_draining(r))
        return false;
    if (r->quota.rate) /* each says what is left */
        return false;
    return !r->loop->options->server_timing;
}

static bool is_good(enum outcome outcome)
{
    return outcome == OUTCOME_OK || outcome == OUTCOME_NOT_MODIFIED;
}

/* An answer from a database that was still for a while: under steady writes none is kept, for
 * none would be asked for. */
static bool is_worth_keeping(const struct request *r)
{
    const struct call *call = &r->call;
    int64_t still_us;

    if (!is_good(call->outcome) || call->cacheable == CACHEABLE_NOT)
        return false;
    if (!response_cache_fits(&r->loop->cache, call->reply.len))
        return false;
    if (!may_repeat(r))
        return false;
    if (call->cacheable == CACHEABLE_ALWAYS)
        return true;
    still_us = call->now_us - reader_version_since(call->reader);
    return still_us >= RESPONSE_CACHE_STILL_US;
}

static struct response_key key_of(const struct request *r)
{
    return (struct response_key){.target = r->target,
                                 .accept = r->call.accept,
                                 .who = {r->principal.id[0], r->principal.id[1]}};
}

/* The first of a system path's answers that always holds. */
static bool is_constant(const struct request *r)
{
    if (r->call.cacheable != CACHEABLE_ALWAYS || r->loop->constant.response)
        return false;
    return may_repeat(r) && slice_is(r->target, r->route->path);
}

static bool keep_answer(struct request *r, struct MHD_Response *response)
{
    const struct response_key key = key_of(r);
    const struct response_kept kept = {
        .response = response,
        .route = r->route,
        .version = r->call.cacheable == CACHEABLE_ALWAYS ? RESPONSE_CACHE_ALWAYS
                                                         : reader_version(r->call.reader),
        .tag = r->call.tag,
        .body = r->call.reply.len,
    };

    if (is_constant(r)) {
        r->loop->constant =
            (struct constant_answer){response, r->route, slice_from(r->route->path), kept.body};
        return true;
    }
    return response_cache_keep(&r->loop->cache, &key, &kept);
}

/* Looks at the newest snapshot: what was committed before this request came is seen. */
static bool holds(struct request *r, struct cached_response *answer)
{
    struct error ignored = error_none();

    if (answer->version == RESPONSE_CACHE_ALWAYS)
        return true;
    if (reader_begin_soon(r->call.reader, r->call.now_us, r->call.deadline_us, &ignored) &&
        answer->version == reader_version(r->call.reader))
        return true;
    response_cache_drop(&r->loop->cache, answer);
    return false;
}

static struct MHD_Response *make_response(struct request *r, bool outlives)
{
    struct slice body = call_body(&r->call);
    struct MHD_Response *response =
        outlives ? MHD_create_response_from_buffer_copy(body.len, body.data)
                 : MHD_create_response_from_buffer_static(body.len, body.data);

    if (!response || reply_fields_add(r, response, outlives))
        return response;
    MHD_destroy_response(response);
    return NULL;
}

/* The connection takes a reference of its own. */
static bool queue(struct request *r, unsigned status, size_t body, struct MHD_Response *response)
{
    r->status = status;
    r->answer_bytes = r->call.method == METHOD_HEAD ? 0 : body;
    r->phase = REQUEST_ANSWERED;
    return response && MHD_queue_response(r->connection, status, response) == MHD_YES;
}

/* RFC 9110 §15.4.5: the fields that tell which answer it is, and no body. */
static bool queue_not_modified(struct request *r)
{
    struct MHD_Response *response = MHD_create_response_empty(MHD_RF_HEAD_ONLY_RESPONSE);
    bool ok;

    r->call.content_type_out = r->call.link = NULL;
    r->call.content_range[0] = '\0';
    ok = response && reply_fields_add(r, response, false) && queue(r, 304, 0, response);
    if (response)
        MHD_destroy_response(response);
    return ok;
}

/* Lists, rows, queries and the API's description have tags; the system's paths have none. */
static void look_at_preconditions(struct request *r)
{
    bool reads = r->call.method == METHOD_GET || r->call.method == METHOD_HEAD;
    bool whole = (r->call.outcome == OUTCOME_OK && !r->call.status_out) ||
                 r->call.outcome == OUTCOME_PARTIAL;

    if (reads && whole && !r->call.reply.failed && r->route && r->route->access == ROUTE_MAIN)
        precondition_answer(&r->call);
}

/* Link and the request's own header section share the connection's memory (http/loop.c): past it
 * libmicrohttpd would close the connection without an answer. */
static void check_link(struct request *r)
{
    const struct server_options *o = r->loop->options;
    size_t room = o->max_url + o->max_headers - r->target.len - r->header_bytes;
    struct call *call = &r->call;

    if (call->outcome == OUTCOME_FAILED || slice_from(call->link).len <= room)
        return;
    error_set(&call->error, ERROR_HEADERS_TOO_LARGE,
              "the cursor to the next page and the request's header section do not fit together");
    error_hint(&call->error, "Order by shorter columns, or send fewer header fields.");
    call->link = NULL;
    call_fail(call);
}

static bool send_in_pieces(struct request *r)
{
    struct MHD_Response *response = stream_response(r);
    bool ok = response && reply_fields_add(r, response, false) &&
              queue(r, status_of_call(&r->call), 0, response);

    if (ok && r->call.method != METHOD_HEAD)
        stream_begin(r);
    if (response)
        MHD_destroy_response(response);
    return ok;
}

bool reply_send(struct request *r)
{
    struct call *call = &r->call;
    struct MHD_Response *response = NULL;
    bool keep, modified, ok;

    if (call->outcome != OUTCOME_FAILED && call->reply.failed) {
        error_set(&call->error, ERROR_MEMORY, "out of memory");
        call_fail(call);
    }
    if (call->in_pieces && call->outcome != OUTCOME_FAILED)
        return send_in_pieces(r);
    look_at_preconditions(r);
    check_link(r);
    if (call->outcome == OUTCOME_FAILED || call->outcome == OUTCOME_NONE)
        write_problem(r, status_of_call(call));
    keep = is_constant(r) || is_worth_keeping(r);
    modified = call->outcome != OUTCOME_NOT_MODIFIED;
    if (modified || keep)
        response = make_response(r, keep);
    ok = modified ? queue(r, status_of_call(call), call_body(call).len, response)
                  : queue_not_modified(r);
    if (response && (!ok || !keep || !keep_answer(r, response)))
        MHD_destroy_response(response);
    return ok;
}

/* The kept answer: whole, or that the client has it. */
static bool queue_again(struct request *r, const struct cached_response *answer)
{
    r->call.tag = answer->tag;
    if (precondition_none_match_names(&r->call, answer->tag)) {
        r->call.outcome = OUTCOME_NOT_MODIFIED;
        return queue_not_modified(r);
    }
    r->call.outcome = OUTCOME_OK;
    return queue(r, 200, answer->body, answer->response);
}

static bool queue_constant(struct request *r)
{
    const struct constant_answer *answer = &r->loop->constant;

    r->route = answer->route;
    r->call.outcome = OUTCOME_OK;
    connection_enter(&r->loop->peers, r->peer, CONNECTION_ANSWERING, r->loop->now_us);
    return queue(r, 200, answer->body, answer->response);
}

static bool queue_kept(struct request *r)
{
    const struct response_key key = key_of(r);
    struct cached_response *answer = response_cache_find(&r->loop->cache, &key);

    if (!answer)
        return false;
    if (!holds(r, answer))
        return false;
    counter_add(&r->loop->metrics.answered_again, 1);
    r->route = answer->route;
    connection_enter(&r->loop->peers, r->peer, CONNECTION_ANSWERING, r->loop->now_us);
    return queue_again(r, answer);
}

bool reply_again(struct request *r)
{
    const struct constant_answer *constant = &r->loop->constant;

    if (!may_repeat(r))
        return false;
    if (constant->response && slice_equal(r->target, constant->target))
        return queue_constant(r);
    return queue_kept(r);
}
