/*
 * POST, PUT, PATCH and DELETE.
 *
 * SPDX-License-Identifier: MIT
 */
#include "query/rights.h"
#include "resource/precondition.h"
#include "resource/target.h"
#include "resource/upload.h"
#include "resource/verbs.h"
#include "resource/write.h"
#include "store/catalog/catalog.h"

enum write_answer write_choose_answer(const struct call *call, bool alone)
{
    switch (call->prefer.returns) {
    case PREFER_RETURN_REPRESENTATION: return ANSWER_ROWS;
    case PREFER_RETURN_DEFAULT:
        if (!alone || call->service->default_minimal)
            return ANSWER_NOTHING;
        return rights_has(call->table, RIGHT_SELECT) ? ANSWER_OBJECT : ANSWER_NOTHING;
    case PREFER_RETURN_MINIMAL:
    case PREFER_RETURN_HEADERS_ONLY: break;
    }
    return ANSWER_NOTHING;
}

enum progress write_plan_and_submit(struct call *call, struct write *w)
{
    if (write_plan(call, w))
        return write_submit(call, w);
    return call_fail(call);
}

enum progress list_create(struct call *call)
{
    struct write *w;

    if (!target_list(call))
        return call_fail(call);
    if (!call->table->insertable)
        return target_not_allowed(call, resource_list_methods(call->table));
    w = write_new(call, WRITE_INSERT);
    if (!w)
        return call_fail(call);
    if (upload_is_meant(call))
        return upload_create(call, w);
    if (!body_parse(call, BODY_CREATE, &w->body))
        return call_fail(call);
    if (!write_choose_conflict(call, w))
        return call_fail(call);
    w->answer = write_choose_answer(call, !w->body.is_array);
    return write_plan_and_submit(call, w);
}

/* A change of every row must be meant. */
static bool check_filtered(struct call *call)
{
    if (call->tree.root.filter || call->tree.all || call->tree.root.limit >= 0)
        return true;
    error_set(&call->error, ERROR_UNFILTERED, "this would change every row of %s",
              call->table->name.data);
    return error_hint(&call->error, "Add a filter, or ?all=true if that is what you mean.");
}

/* Of which rows a limit leaves the first must be said. */
static bool check_limit(struct call *call)
{
    const struct query_node *root = &call->tree.root;

    if (call->tree.has_cursor)
        return error_set(&call->error, ERROR_UNSUPPORTED, "a cursor does not go with a change");
    if ((root->limit < 0 && root->offset == 0) || root->order)
        return true;
    error_set(&call->error, ERROR_LIMIT_UNORDERED,
              "A 'limit' was applied without an explicit 'order'");
    return error_hint(&call->error, "Apply an 'order' using unique column(s)");
}

/* An empty object sets no column of any row. */
static enum progress change_nothing(struct call *call, const struct write *w)
{
    write_applied(call, w);
    target_range(call, 0, 0, call->prefer.count == PREFER_COUNT_NONE ? -1 : 0);
    if (w->answer == ANSWER_ROWS && call->media == MEDIA_JSON) {
        buf_add_text(&call->reply, "[]");
        return target_reply(call, OUTCOME_OK);
    }
    call->outcome = OUTCOME_NO_CONTENT;
    return CALL_DONE;
}

/* A change of the rows that the query string says; NULL with the failure if the table takes none, or
 * the rows are not said. */
static struct write *new_change(struct call *call, enum write_kind kind)
{
    struct write *w;
    bool is_taken;

    if (!target_list(call))
        return NULL;
    is_taken = kind == WRITE_UPDATE ? call->table->updatable : call->table->deletable;
    if (!is_taken) {
        (void)target_not_allowed(call, resource_list_methods(call->table));
        return NULL;
    }
    w = write_new(call, kind);
    if (!w || !check_filtered(call) || !check_limit(call))
        return NULL;
    return w;
}

enum progress list_update(struct call *call)
{
    struct write *w = new_change(call, WRITE_UPDATE);

    if (!w)
        return call_fail(call);
    if (!body_parse(call, body_is_merge_patch(call) ? BODY_MERGE : BODY_CHANGE, &w->body))
        return call_fail(call);
    w->answer = write_choose_answer(call, false);
    if (w->body.n_set)
        return write_plan_and_submit(call, w);
    return change_nothing(call, w);
}

enum progress list_delete(struct call *call)
{
    struct write *w = new_change(call, WRITE_DELETE);

    if (!w)
        return call_fail(call);
    w->answer = write_choose_answer(call, false);
    return write_plan_and_submit(call, w);
}

/* The reply's one row, without the bracket of a list. */
static struct slice row_of(const struct call *call, bool bracket)
{
    return slice_make(call->reply.data + bracket, call->reply.len - bracket);
}

/* An empty patch: the row as it is, if it is there. */
static enum progress unchanged_row(struct call *call, const struct write *w)
{
    bool rows = w->answer == ANSWER_ROWS && call->media == MEDIA_JSON;

    if (!call_read(call))
        return call_fail(call);
    if (rows)
        buf_add_char(&call->reply, '[');
    (void)target_answer_row(call);
    if (call->outcome == OUTCOME_FAILED)
        return CALL_DONE;
    if (!precondition_holds(call, precondition_tag(row_of(call, rows), slice_from(""))))
        return call_fail(call);
    write_applied(call, w);
    if (rows)
        buf_add_char(&call->reply, ']');
    if (w->answer != ANSWER_NOTHING)
        return call->reply.failed ? target_json(call, OUTCOME_OK) : CALL_DONE;
    buf_clear(&call->reply);
    call->content_type_out = NULL;
    call->outcome = OUTCOME_NO_CONTENT;
    return CALL_DONE;
}

enum progress row_update(struct call *call)
{
    struct write *w;

    if (!target_row(call))
        return call_fail(call);
    w = write_new(call, WRITE_UPDATE);
    if (!w)
        return call_fail(call);
    if (!body_parse(call, BODY_MERGE, &w->body))
        return call_fail(call);
    if (!write_take_generated(call, w))
        return call_fail(call);
    w->one_row = true;
    w->answer = write_choose_answer(call, true);
    if (w->body.n_set)
        return write_plan_and_submit(call, w);
    return unchanged_row(call, w);
}

enum progress row_delete(struct call *call)
{
    struct write *w;

    if (!target_row(call))
        return call_fail(call);
    w = write_new(call, WRITE_DELETE);
    if (!w)
        return call_fail(call);
    w->one_row = true;
    w->answer = write_choose_answer(call, false);
    return write_plan_and_submit(call, w);
}
