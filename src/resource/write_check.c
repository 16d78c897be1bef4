/*
 * What a write must keep to: the row is still the one that was meant, and all of it is as asked.
 *
 * SPDX-License-Identifier: MIT
 */
#include "resource/precondition.h"
#include "resource/target.h"
#include "resource/write.h"
#include "store/db/statement.h"

bool write_check_outcome(struct call *call, const struct write *w)
{
    struct error *e = &call->error;
    bool change = w->kind == WRITE_UPDATE || w->kind == WRITE_DELETE;

    if (w->one_row && change && w->affected == 0)
        return error_set(e, ERROR_NO_ROW, "there is no row with this key");
    if (!target_check_affected(call, w->affected))
        return false;
    if (!w->one_row &&
        !media_check_rows(call, w->answer == ANSWER_NOTHING ? w->affected : w->shown))
        return false;
    if (!call->reply.failed)
        return true;
    /* A write that cannot answer is not done. */
    error_set(e, call->reply.full ? ERROR_ANSWER_TOO_LARGE : ERROR_MEMORY,
              "the answer does not fit");
    return error_hint(e, "Use Prefer: return=minimal.");
}

bool write_check_current(struct call *call, struct db *db, struct write *w)
{
    const struct plan *plan = &w->current;
    struct statement *st = statement_get(db, plan->sql, &call->error);
    enum media media = call->media;
    enum step step = STEP_FAILED;
    uint64_t tag;

    if (st && statement_bind(st, plan->values, plan->n_values, &call->error))
        step = statement_step(st, &call->error);
    if (media == MEDIA_JSON)
        call->media = MEDIA_OBJECT;
    media_begin(call, &plan->shape);
    if (step == STEP_ROW)
        media_row(call, statement_row(st), &plan->shape, 0);
    call->media = media;
    statement_release(st);
    tag = step == STEP_ROW ? precondition_tag(buf_slice(&call->reply), slice_from("")) : 0;
    buf_clear(&call->reply);
    return step != STEP_FAILED && precondition_holds(call, tag);
}
