/* SPDX-License-Identifier: MIT */
#include "http/reply.h"

#include <stdio.h>

#include "base/buf.h"
#include "http/cors.h"
#include "http/loop.h"
#include "http/request.h"
#include "http/status.h"
#include "resource/problem.h"
#include "store/reader.h"

/* Room for a problem document, whatever --max-answer says. */
#define PROBLEM_MAX 32768

static void write_problem(struct request *r, unsigned status)
{
    struct call *call = &r->call;

    buf_clear(&call->reply);
    if (call->reply.max < PROBLEM_MAX)
        call->reply.max = PROBLEM_MAX;
    problem_write(&call->reply, &call->error, (int)status, status_title(status), call->path);
    call->content_type_out = "application/problem+json";
}

/* Allow lists what METHOD_BITs say, in the order of enum method. */
static void write_allow(char out[64], unsigned methods)
{
    size_t used = 0;

    out[0] = '\0';
    for (unsigned m = 0; m < METHOD_OTHER; m++) {
        if (methods & METHOD_BIT(m))
            used += (size_t)snprintf(out + used, 64 - used, "%s%s", used ? ", " : "",
                                     method_name((enum method)m));
    }
}

static bool add(struct MHD_Response *response, const char *name, const char *value)
{
    return !value || !value[0] || MHD_add_response_header(response, name, value) == MHD_YES;
}

static bool add_headers(struct request *r, struct MHD_Response *response)
{
    const struct call *call = &r->call;
    char text[64];
    bool ok = add(response, MHD_HTTP_HEADER_CONTENT_TYPE, call->content_type_out) &&
              add(response, MHD_HTTP_HEADER_LOCATION, call->location) &&
              add(response, MHD_HTTP_HEADER_CONTENT_RANGE, call->content_range) &&
              add(response, MHD_HTTP_HEADER_LINK, call->link) &&
              add(response, "Preference-Applied", call->preference_applied);

    ok = ok && cors_add(r, response);
    if (call->allow) {
        write_allow(text, call->allow);
        ok = ok && add(response, MHD_HTTP_HEADER_ALLOW, text);
    }
    if (call->outcome == OUTCOME_FAILED && status_retry_after(call->error.code)) {
        snprintf(text, sizeof text, "%u", status_retry_after(call->error.code));
        ok = ok && add(response, MHD_HTTP_HEADER_RETRY_AFTER, text);
    }
    /* An id that nobody asked for costs bytes: it is sent back, or comes with a failure. */
    if (r->id_given || call->outcome == OUTCOME_FAILED)
        ok = ok && add(response, "X-Request-Id", request_id(r));
    if (atomic_load_explicit(r->loop->draining, memory_order_relaxed) ||
        r->peer->verdict != LIMIT_OK)
        ok = ok && add(response, MHD_HTTP_HEADER_CONNECTION, "close");
    return ok;
}

/* Whether equal requests have equal answers, header fields and all. */
static bool may_repeat(const struct request *r)
{
    return r->plain && r->call.method == METHOD_GET && r->peer->verdict == LIMIT_OK &&
           !atomic_load_explicit(r->loop->draining, memory_order_relaxed);
}

/* An answer from a database that was still for a while: under steady writes none is kept, for
 * none would be asked for. */
static bool is_worth_keeping(const struct request *r)
{
    const struct call *call = &r->call;

    if (call->outcome != OUTCOME_OK || call->steady == STEADY_NOT || !r->loop->answers.buckets ||
        !may_repeat(r))
        return false;
    return call->steady == STEADY_ALWAYS ||
           call->now_us - reader_version_since(call->reader) >= ANSWERS_STILL_US;
}

static bool keep_answer(struct request *r, struct MHD_Response *response)
{
    uint64_t version =
        r->call.steady == STEADY_ALWAYS ? ANSWERS_ALWAYS : reader_version(r->call.reader);

    return answers_keep(&r->loop->answers, r->target, r->call.accept, version, r->route, response,
                        r->call.reply.len);
}

/* Looks at the newest snapshot: what was committed before this request came is seen. */
static bool holds(struct request *r, struct answer *answer)
{
    struct error ignored = error_none();

    if (answer->version == ANSWERS_ALWAYS)
        return true;
    if (reader_begin(r->call.reader, r->call.now_us, r->call.deadline_us, &ignored) &&
        answer->version == reader_version(r->call.reader))
        return true;
    answers_drop(&r->loop->answers, answer);
    return false;
}

bool reply_send(struct request *r)
{
    struct call *call = &r->call;
    unsigned status = status_of_call(call);
    struct MHD_Response *response;
    bool keep, ok;

    if (call->outcome != OUTCOME_FAILED && call->reply.failed) {
        error_set(&call->error, ERROR_MEMORY, "out of memory");
        call_fail(call);
    }
    if (call->outcome == OUTCOME_FAILED || call->outcome == OUTCOME_NONE) {
        status = status_of_error(call->error.code);
        write_problem(r, status);
    }
    keep = is_worth_keeping(r);
    response = keep ? MHD_create_response_from_buffer_copy(call->reply.len, call->reply.data)
                    : MHD_create_response_from_buffer_static(call->reply.len, call->reply.data);
    if (!response)
        return false;
    r->status = status;
    r->answer_bytes = call->method == METHOD_HEAD ? 0 : call->reply.len;
    ok = add_headers(r, response) && MHD_queue_response(r->connection, status, response) == MHD_YES;
    /* The connection holds its own reference. */
    if (!ok || !keep || !keep_answer(r, response))
        MHD_destroy_response(response);
    r->phase = REQUEST_ANSWERED;
    return ok;
}

bool reply_again(struct request *r)
{
    struct answer *answer =
        may_repeat(r) ? answers_find(&r->loop->answers, r->target, r->call.accept) : NULL;

    if (!answer || !holds(r, answer))
        return false;
    counter_add(&r->loop->metrics.answered_again, 1);
    r->call.outcome = OUTCOME_OK;
    r->route = answer->route;
    r->status = status_of_call(&r->call);
    r->answer_bytes = answer->body;
    r->phase = REQUEST_ANSWERED;
    peer_enter(&r->loop->peers, r->peer, PEER_ANSWERING, r->loop->now_us);
    return MHD_queue_response(r->connection, r->status, answer->response) == MHD_YES;
}
