/*
 * What a write must keep to: the row is still the one that was meant, and all of it is as asked.
 *
 * SPDX-License-Identifier: MIT
 */
#include "resource/precondition.h"
#include "resource/target.h"
#include "resource/write.h"

bool write_check_outcome(struct call *call, const struct write *w)
{
    struct error *e = &call->error;
    bool change = w->kind == WRITE_UPDATE || w->kind == WRITE_DELETE;

    if (w->one_row && change && w->affected == 0)
        return error_set(e, ERROR_NO_ROW, "there is no row with this key");
    if (!target_check_affected(call, w->affected))
        return false;
    if (!w->one_row &&
        !media_check_rows(call, w->answer == ANSWER_NOTHING ? w->affected : w->sink.rows))
        return false;
    if (!call->reply.failed)
        return true;
    /* A write that cannot answer is not done. */
    error_set(e, call->reply.full ? ERROR_ANSWER_TOO_LARGE : ERROR_MEMORY,
              "the answer does not fit");
    return error_hint(e, "Use Prefer: return=minimal.");
}

/* The row as a GET of the same target would answer it. */
static enum row_verdict take_current(void *context, const struct row *row, struct error *e)
{
    struct call *call = context;
    const struct write *w = call->state;
    struct sink sink = {.out = &call->reply, .media = call->media, .shape = &w->current};
    (void)e;

    if (sink.media == MEDIA_JSON)
        sink.media = MEDIA_OBJECT;
    sink_begin(&sink);
    sink_row(&sink, row);
    return ROW_ENOUGH;
}

/* Compares it with what the client has: nothing can come in between. */
static bool judge_current(void *context, const struct operation *op, struct error *e)
{
    struct call *call = context;
    uint64_t tag = 0;
    (void)e;

    if (op->n_found > 0)
        tag = precondition_tag(buf_slice(&call->reply), slice_from(""));
    buf_clear(&call->reply);
    if (!precondition_holds(call, tag))
        return false;
    write_begin(call, call->state);
    return true;
}

bool write_plan_current(struct call *call, struct write *w)
{
    const struct plan_source source = {call->table, NULL};
    struct plan_options options = call->options;
    struct operation *op;
    struct plan row;

    if (!precondition_is_given(call))
        return true;
    options.one_row = true;
    if (!plan_select(&call->arena, &source, &call->tree, &options, &row, &call->error))
        return false;
    w->current = row.shape;
    op = write_add(call, w, PART_CURRENT, &row);
    if (!op)
        return false;
    op->sink = take_current;
    op->judge = judge_current;
    return true;
}
