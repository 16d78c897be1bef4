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

void access_log(struct request *r, int64_t now_us)
{
    const struct server_options *o = r->loop->options;
    int64_t us = now_us - r->call.now_us;
    bool slow = o->slow_us && us >= o->slow_us;
    enum log_level level = r->status >= 500 ? LOG_ERROR : slow ? LOG_WARN : LOG_INFO;
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
    log_ms(&line, "duration_ms", us);
    if (r->traceparent.len)
        log_text(&line, "traceparent", r->traceparent);
    if (r->call.outcome == OUTCOME_FAILED)
        log_text(&line, "error", slice_from(r->call.error.message));
    log_end(&line);
}
