/* SPDX-License-Identifier: MIT */
#include "http/reply.h"

#include <stdio.h>

#include "base/buf.h"
#include "http/cors.h"
#include "http/loop.h"
#include "http/request.h"
#include "http/status.h"
#include "resource/problem.h"

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

bool reply_send(struct request *r)
{
    struct call *call = &r->call;
    unsigned status = status_of_call(call);
    struct MHD_Response *response;
    bool ok;

    if (call->outcome != OUTCOME_FAILED && call->reply.failed) {
        error_set(&call->error, ERROR_MEMORY, "out of memory");
        call_fail(call);
    }
    if (call->outcome == OUTCOME_FAILED || call->outcome == OUTCOME_NONE) {
        status = status_of_error(call->error.code);
        write_problem(r, status);
    }
    response = MHD_create_response_from_buffer_static(call->reply.len, call->reply.data);
    if (!response)
        return false;
    r->status = status;
    r->answer_bytes = call->method == METHOD_HEAD ? 0 : call->reply.len;
    ok = add_headers(r, response) && MHD_queue_response(r->connection, status, response) == MHD_YES;
    MHD_destroy_response(response); /* the connection holds its own reference */
    r->phase = REQUEST_ANSWERED;
    return ok;
}
