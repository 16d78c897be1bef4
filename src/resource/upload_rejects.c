/*
 * An upload as the operation that writes sees it: its rows, those that are left out, and what is told of
 * them.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/text.h"
#include "query/rights.h"
#include "resource/target.h"
#include "resource/upload.h"
#include "resource/upload_rows.h"
#include "resource/write.h"

/* Rows that are left out, of which the answer says more than how many there are. */
#define REJECTS_TOLD 1000

struct upload *upload_new(struct call *call, struct body *body, bool lenient)
{
    struct upload *u = arena_zeroed(&call->arena, 1, sizeof *u);

    if (!u) {
        error_set(&call->error, ERROR_MEMORY, "out of memory");
        return NULL;
    }
    u->call = call;
    u->body = body;
    u->form = body_form(call);
    u->lenient = lenient;
    u->json = (struct json_rows){.call = call, .body = u->body};
    u->fields = (struct body_fields){.call = call, .body = u->body};
    buf_init(&u->rejects, (size_t)call->service->max_answer);
    buf_use(&u->rejects, MEMORY_ANSWERS);
    upload_rows_init(u);
    return u;
}

void upload_finish(struct upload *u)
{
    if (!u)
        return;
    records_finish(&u->records);
    buf_finish(&u->rejects);
}

/* What is told of a row that is left out, as of a request of its own. */
static void tell_reject(struct upload *u, const struct error *cause)
{
    struct error e = *cause;
    struct buf *b = &u->rejects;

    if (rights_are_of_role(u->call->table))
        rights_veil(u->call->table, &e);
    if (u->rejected > 1)
        buf_add_char(b, ',');
    buf_addf(b, "{\"line\":%lld,\"code\":\"%s\",\"message\":", (long long)e.line,
             error_code_text(e.code));
    text_json_string(b, slice_from(e.message));
    buf_add_text(b, ",\"details\":");
    if (e.details[0])
        text_json_string(b, slice_from(e.details));
    else
        buf_add_text(b, "null");
    buf_add_text(b, ",\"column\":");
    if (e.column[0])
        text_json_string(b, slice_from(e.column));
    else
        buf_add_text(b, "null");
    buf_add_char(b, '}');
}

static bool reject(void *context, const struct error *cause, struct error *e)
{
    struct upload *u = context;
    (void)e;

    u->rejected++;
    if (u->rejected <= REJECTS_TOLD)
        tell_reject(u, cause);
    return true;
}

const struct row_source *upload_source(const struct upload *u)
{
    return &u->source;
}

void upload_planned(struct upload *u)
{
    u->source = (struct row_source){
        .next = upload_rows_next,
        .rewind = upload_rows_begin,
        .place = upload_rows_place,
        .reject = u->lenient ? reject : NULL,
        .context = u,
    };
    u->mark = arena_mark(&u->call->arena);
}

bool upload_tells(const struct upload *u)
{
    return u && u->lenient;
}

enum progress upload_answer(struct call *call, const struct write *w)
{
    const struct upload *u = w->upload;
    const struct change *change = w->parts[PART_CHANGE]->change;
    struct buf *b = &call->reply;
    size_t inserted = w->affected;

    if (w->conflict == CONFLICT_MERGED)
        inserted = change->created;
    buf_addf(b, "{\"inserted\":%zu", inserted);
    if (w->conflict == CONFLICT_MERGED)
        buf_addf(b, ",\"updated\":%zu", w->affected - inserted);
    if (w->conflict == CONFLICT_IGNORED)
        buf_addf(b, ",\"ignored\":%zu", u->n - u->rejected - inserted);
    buf_addf(b, ",\"rejected\":%zu,\"rejects\":[", u->rejected);
    buf_add_slice(b, buf_slice(&u->rejects));
    buf_add_text(b, "]}");
    b->failed |= u->rejects.failed;
    return target_json(call, inserted > 0 ? OUTCOME_CREATED : OUTCOME_OK);
}
