/* SPDX-License-Identifier: MIT */
#include "http/access_log.h"

#include "base/log.h"
#include "http/loop.h"
#include "http/request.h"
#include "http/request_id.h"

/* Bytes of a claim that are logged: an identity provider may have said anything. */
#define SUB_MAX 128

/* The role, and the subject: no other claim, and no credentials. */
static void log_who(struct log_line *line, const struct principal *who)
{
    struct slice sub = who->sub;

    log_text(line, "role", who->role);
    if (sub.len > SUB_MAX)
        sub.len = SUB_MAX;
    if (sub.len > 0)
        log_text(line, "sub", sub);
}

/* One that did not come to its end for a reason of ours. */
static bool is_broken_off(const struct request *r)
{
    enum stream_end end = r->call.in_pieces ? r->stream.end : STREAM_END_NONE;

    return end == STREAM_END_FAILED || end == STREAM_END_TIMEOUT || end == STREAM_END_SHUTDOWN;
}

/* What a client takes its time for is not slow. */
static bool is_slow(const struct request *r, int64_t us)
{
    int64_t slow_us = r->loop->options->slow_us;

    return slow_us && us >= slow_us && !r->call.in_pieces;
}

static enum log_level level_of(const struct request *r, bool slow)
{
    if (r->status >= 500)
        return LOG_ERROR;
    return slow || is_broken_off(r) ? LOG_WARN : LOG_INFO;
}

void access_log(struct request *r, int64_t now_us)
{
    const struct server_options *o = r->loop->options;
    int64_t us = now_us - r->call.now_us;
    bool slow = is_slow(r, us);
    enum log_level level = level_of(r, slow);
    char client[ADDRESS_TEXT];
    struct log_line line;

    if (!o->access_log && level == LOG_INFO)
        return;
    if (!log_wanted(level))
        return;
    log_begin(&line, level, slow ? "slow request" : "request");
    log_text(&line, "id", slice_from(request_id(r)));
    log_text(&line, "method", slice_from(method_name(r->call.method)));
    log_text(&line, "path", r->call.path);
    log_text(&line, "client", slice_from(address_write(r->client, client)));
    if (r->principal.role.len)
        log_who(&line, &r->principal);
    log_int(&line, "status", r->status);
    log_int(&line, "bytes", (int64_t)r->answer_bytes);
    if (r->is_upload)
        log_int(&line, "upload_bytes", (int64_t)r->body_seen);
    log_ms(&line, "duration_ms", us);
    if (r->traceparent.len)
        log_text(&line, "traceparent", r->traceparent);
    if (r->call.in_pieces && r->stream.end != STREAM_END_NONE)
        log_text(&line, "stream", slice_from(metrics_stream_end_name(r->stream.end)));
    if (r->call.outcome == OUTCOME_FAILED || is_broken_off(r))
        log_text(&line, "error", slice_from(r->call.error.message));
    log_end(&line);
}
