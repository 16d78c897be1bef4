/* SPDX-License-Identifier: MIT */
#include "http/metrics.h"

#include "http/connection.h"
#include "http/request.h"

static const char *const reject_names[] = {
    [REJECT_NONE] = "none",
    [REJECT_CONNECTIONS] = "connections",
    [REJECT_ADDRESS] = "address",
    [REJECT_RATE] = "rate",
    [REJECT_URL] = "url",
    [REJECT_HEADERS] = "headers",
    [REJECT_BODY] = "body",
    [REJECT_ANSWER] = "answer",
    [REJECT_QUEUE] = "queue",
    [REJECT_DRAINING] = "draining",
    [REJECT_TIMEOUT] = "timeout",
    [REJECT_MEMORY] = "memory",
    [REJECT_LOCKED] = "locked",
    [REJECT_DISK_FULL] = "disk",
    [REJECT_READ_ONLY] = "read_only",
};

const char *metrics_reject_name(enum reject reject)
{
    return reject_names[reject];
}

static enum reject reject_of(const struct request *r)
{
    switch (r->call.error.code) {
    case ERROR_BUSY: return r->peer->verdict == LIMIT_OK ? REJECT_QUEUE : REJECT_CONNECTIONS;
    case ERROR_TOO_MANY: return REJECT_ADDRESS;
    case ERROR_RATE: return REJECT_RATE;
    case ERROR_URL_TOO_LONG: return REJECT_URL;
    case ERROR_HEADERS_TOO_LARGE: return REJECT_HEADERS;
    case ERROR_TOO_LARGE: return REJECT_BODY;
    case ERROR_ANSWER_TOO_LARGE: return REJECT_ANSWER;
    case ERROR_DRAINING: return REJECT_DRAINING;
    case ERROR_TIMEOUT: return REJECT_TIMEOUT;
    case ERROR_MEMORY: return REJECT_MEMORY;
    case ERROR_LOCKED: return REJECT_LOCKED;
    case ERROR_FULL: return REJECT_DISK_FULL;
    case ERROR_LOST:
    case ERROR_UNWRITABLE:
    case ERROR_READ_ONLY: return REJECT_READ_ONLY;
    default: return REJECT_NONE;
    }
}

static const char *const auth_failure_names[] = {
    [AUTH_FAILURE_NONE] = "none",     [AUTH_FAILURE_MISSING] = "missing",
    [AUTH_FAILURE_TOKEN] = "token",   [AUTH_FAILURE_CLAIMS] = "claims",
    [AUTH_FAILURE_KEY] = "key",       [AUTH_FAILURE_ROLE] = "role",
    [AUTH_FAILURE_SECRET] = "secret", [AUTH_FAILURE_FAR] = "far",
};

const char *metrics_auth_failure_name(enum auth_failure failure)
{
    return auth_failure_names[failure];
}

static enum auth_failure auth_failure_of(enum error_code code)
{
    switch (code) {
    case ERROR_NO_CREDENTIALS: return AUTH_FAILURE_MISSING;
    case ERROR_TOKEN: return AUTH_FAILURE_TOKEN;
    case ERROR_CLAIMS: return AUTH_FAILURE_CLAIMS;
    case ERROR_KEY: return AUTH_FAILURE_KEY;
    case ERROR_NO_ROLE: return AUTH_FAILURE_ROLE;
    case ERROR_NO_SECRET: return AUTH_FAILURE_SECRET;
    case ERROR_NOT_NEAR: return AUTH_FAILURE_FAR;
    default: return AUTH_FAILURE_NONE;
    }
}

static const char *const stream_end_names[] = {
    [STREAM_END_NONE] = "none",     [STREAM_END_COMPLETE] = "complete",
    [STREAM_END_FAILED] = "failed", [STREAM_END_TIMEOUT] = "timeout",
    [STREAM_END_GONE] = "gone",     [STREAM_END_SHUTDOWN] = "shutdown",
};

const char *metrics_stream_end_name(enum stream_end end)
{
    return stream_end_names[end];
}

/* The request line "METHOD TARGET HTTP/1.1", the fields, an empty line, the body. */
static size_t received(const struct request *r)
{
    return r->target.len + sizeof "GET  HTTP/1.1\r\n\r\n" - 1 + r->header_bytes + r->body_seen;
}

void metrics_request(struct loop_metrics *m, const struct request *r, int64_t us, bool whole)
{
    enum route_kind route = r->route ? r->route->kind : ROUTE_NONE;

    counter_add(&m->ended, 1);
    counter_add(&m->received, received(r));
    if (!whole)
        counter_add(&m->aborted, 1);
    if (r->status == 0)
        return;
    counter_add(&m->sent, r->answer_bytes);
    counter_add(&m->requests[route][r->call.method][r->status / 100 - 2], 1);
    histogram_observe(&m->durations[route], &buckets_duration, us > 0 ? (uint64_t)us : 0);
    if (r->status < 400)
        return;
    if (reject_of(r))
        counter_add(&m->rejected[reject_of(r)], 1);
    if (auth_failure_of(r->call.error.code))
        counter_add(&m->auth_failures[auth_failure_of(r->call.error.code)], 1);
}
