/* SPDX-License-Identifier: MIT */
#include "resource/call.h"

#include "store/catalog/catalog.h"
#include "store/db/db_memory.h"
#include "store/run/reader.h"

/* The buffer for its answer that a call keeps while its job waits, as a thousand others may: that of
 * an answer before was a list's, perhaps. */
#define WAITING_BUFFER_MAX 256

const char *method_name(enum method method)
{
    static const char *const names[] = {
        [METHOD_GET] = "GET",         [METHOD_HEAD] = "HEAD",   [METHOD_POST] = "POST",
        [METHOD_PUT] = "PUT",         [METHOD_PATCH] = "PATCH", [METHOD_DELETE] = "DELETE",
        [METHOD_OPTIONS] = "OPTIONS", [METHOD_OTHER] = "other",
    };

    return names[method];
}

/* What a verb sets. */
static void forget_answer(struct call *call)
{
    call->outcome = OUTCOME_NONE;
    call->cacheable = CACHEABLE_NOT;
    error_clear(&call->error);
    call->content_type_out = call->location = call->link = NULL;
    call->preference_applied = NULL;
    call->warning = NULL;
    call->lent = (struct slice){NULL, 0};
    catalog_extra_drop(call->lender);
    call->lender = NULL;
    call->tag = 0;
    call->streamed = NULL;
    call->in_pieces = false;
    call->status_out = 0;
    call->fields = NULL;
    call->content_range[0] = '\0';
    call->allow = 0;
    call->table = NULL;
    call->by_rights = false;
    call->parameters = NULL;
    call->media = MEDIA_JSON;
    call->media_said = NULL;
    call->options = (struct plan_options){.max_rows = call->service->max_rows,
                                          .aggregates = call->service->aggregates,
                                          .strip_nulls = false};
    call->job = (struct job){.run = NULL};
    call->finish = NULL;
    call->dispose = NULL;
    call->state = NULL;
    buf_clear(&call->reply);
}

static size_t arena_max(const struct service *service)
{
    size_t max = (size_t)service->max_body * CALL_ARENA_GROWTH;
    size_t share = memory_share(MEMORY_REQUESTS);

    if (max < CALL_ARENA_MIN)
        max = CALL_ARENA_MIN;
    if (max < share)
        return max;
    return share;
}

/* Field by field: the struct holds an error of two kilobytes, and this is every request. */
void call_init(struct call *call, const struct service *service)
{
    const struct slice none = {NULL, 0};

    call->method = METHOD_OTHER;
    call->path = call->query = call->table_name = call->keys_text = none;
    call->content_type = call->accept = call->profile = call->range = none;
    call->if_match = call->if_none_match = none;
    call->who = (struct identity){.header = NULL};
    prefer_clear(&call->prefer);
    call->address = 0;
    call->now_us = call->deadline_us = 0;
    call->spool = NULL;
    call->budget_us = 0;
    call->moves_for = LANE_OVERRUN;
    call->in_lane = false;
    call->shape = 0;
    call->again = false;
    call->admin = call->anonymous = false;
    call->service = service;
    call->reader = NULL;
    call->plans = NULL;
    call->completions = NULL;
    call->catalog = NULL;
    forget_answer(call);
    call->arena.max = arena_max(service);
    call->arena.use = MEMORY_REQUESTS;
    call->body.use = MEMORY_BODIES;
    call->reply.use = MEMORY_ANSWERS;
    call->reply.max = (size_t)service->max_answer;
    buf_clear(&call->body);
}

void call_finish(struct call *call)
{
    if (call->dispose)
        call->dispose(call->state);
    call->dispose = NULL;
    catalog_extra_drop(call->lender);
    call->lender = NULL;
    catalog_drop(call->catalog);
    call->catalog = NULL;
    call->who.catalog = NULL;
    arena_reset(&call->arena);
}

struct memory_request call_memory(const struct call *call)
{
    return (struct memory_request){
        .bodies = call->body.cap, .requests = call->arena.total, .answers = call->reply.cap};
}

void call_free(struct call *call)
{
    call_finish(call);
    arena_finish(&call->arena);
    buf_finish(&call->reply);
    buf_finish(&call->body);
}

static void tell_limit(struct call *call)
{
    error_clear(&call->error);
    error_set(&call->error, ERROR_TOO_LARGE,
              "the request takes more than %zu MiB when it is taken apart", call->arena.max >> 20);
    if (call->arena.max == memory_share(MEMORY_REQUESTS)) {
        error_hint(&call->error, "Send several requests, or raise --memory.");
        return;
    }
    error_hint(
        &call->error,
        "Send several requests, or raise --max-body: a request may take %d times as much, and "
        "%zu MiB at least.",
        CALL_ARENA_GROWTH, CALL_ARENA_MIN >> 20);
}

enum progress call_fail(struct call *call)
{
    if (call->error.code == ERROR_MEMORY && call->arena.full)
        tell_limit(call);
    db_memory_explain(&call->error);
    call->outcome = OUTCOME_FAILED;
    return CALL_DONE;
}

/* Failures that another schema might not have. */
static bool depends_on_schema(enum error_code code)
{
    switch (code) {
    case ERROR_NO_TABLE:
    case ERROR_NO_COLUMN:
    case ERROR_NO_BODY_COLUMN:
    case ERROR_NO_RELATION:
    case ERROR_NO_ROUTINE:
    case ERROR_CONFLICT_TARGET:
    case ERROR_METHOD: return true;
    default: return error_is_broken(code);
    }
}

bool call_again(struct call *call)
{
    struct error ignored = error_none();
    int64_t planned;

    if (call->again || !call->catalog)
        return false;
    if (!depends_on_schema(call->error.code))
        return false;
    call->again = true;
    planned = call->catalog->schema_version;
    reader_release(call->reader);
    if (!reader_begin(call->reader, call->now_us, call->deadline_us, &ignored))
        return false;
    if (reader_catalog(call->reader)->schema_version == planned)
        return false;
    call_forget(call);
    return true;
}

void call_forget(struct call *call)
{
    if (call->dispose)
        call->dispose(call->state);
    forget_answer(call);
}

/* A query of the owner's works for the owner: what is not there is what the role may not read. */
static bool misses_a_right(const struct call *call)
{
    enum error_code code = call->error.code;

    return call->by_rights && (code == ERROR_BROKEN_TABLE || code == ERROR_BROKEN_COLUMN);
}

static void deny_query(struct call *call)
{
    struct error *e = &call->error;

    error_clear(e);
    error_set(e, ERROR_FORBIDDEN, "permission denied for what the function %.*s reads",
              SLICE_SHOWN(call->table_name));
    error_hint(e, "It runs with the rights of whoever calls it: grant them, or let it run with its "
                  "owner's, -- security definer.");
}

void call_explain(struct call *call)
{
    bool is_role = call->catalog && call->catalog->base;

    if (misses_a_right(call))
        deny_query(call);
    if (!error_is_broken(call->error.code) || call->error.details[0])
        return;
    if (!is_role) /* what is to blame may be nothing that a role may know of */
        reader_blame(call->reader, call->table, &call->error);
}

enum progress call_submit(struct call *call, struct operations *work,
                          enum progress (*finish)(struct call *call))
{
    if (call->in_lane) { /* a query that reads was replaced meanwhile by one that writes */
        error_set(&call->error, ERROR_BUSY, "the query was changed while the call of it waited");
        return call_fail(call);
    }
    if (call->reply.cap > WAITING_BUFFER_MAX)
        buf_finish(&call->reply);
    call->job.memory = call_memory(call);
    call->job.discard = call->service->allow_tx && call->prefer.tx == PREFER_TX_ROLLBACK;
    call->job.operations = work;
    call->job.who = &call->who;
    call->job.completions = call->completions;
    call->job.deadline_us = call->deadline_us;
    call->job.address = call->address;
    call->job.error = &call->error;
    call->finish = finish;
    if (writer_submit(call->service->writer, &call->job))
        return CALL_WAITING;
    return call_fail(call);
}

struct call *call_of_job(struct job *job)
{
    return (struct call *)((char *)job - offsetof(struct call, job));
}
