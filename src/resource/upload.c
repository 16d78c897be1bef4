/* SPDX-License-Identifier: MIT */
#include "resource/upload.h"

#include <string.h>

#include "query/rights.h"
#include "resource/body_value.h"
#include "resource/target.h"
#include "resource/upload_rows.h"
#include "resource/verbs.h"
#include "resource/write.h"
#include "store/catalog/catalog.h"

static bool is_lines(enum body_form form)
{
    return form == FORM_NDJSON || form == FORM_CSV;
}

static bool is_lenient(const struct call *call)
{
    return call->prefer.handling == PREFER_LENIENT && is_lines(body_form(call));
}

bool upload_is_meant(const struct call *call)
{
    return call->spool || is_lenient(call);
}

/* ---- before it comes */

/* A form or a patch has one row. */
static bool has_rows(const struct call *call)
{
    enum body_form form = body_form(call);

    return is_lines(form) || (form == FORM_JSON && !body_is_merge_patch(call));
}

static bool check_answer(struct call *call)
{
    if (call->prefer.returns != PREFER_RETURN_REPRESENTATION)
        return true;
    error_set(&call->error, ERROR_UNSUPPORTED,
              "rows that are taken one by one do not come back with Prefer: return=representation");
    return error_hint(&call->error,
                      "Use Prefer: return=minimal or return=headers-only, with count=exact to know "
                      "how many there are; what is smaller than --max-body is answered with its "
                      "rows, without handling=lenient.");
}

static bool may_insert(struct call *call)
{
    if (!call->table->insertable)
        return target_not_allowed(call, resource_list_methods(call->table)) != CALL_DONE;
    if (rights_are_of_role(call->table) && !rights_has(call->table, RIGHT_INSERT))
        return rights_refuse(call->table, &call->error);
    return true;
}

bool upload_may_begin(struct call *call)
{
    struct body columns = {.n_set = 0};
    struct write *w;

    if (!has_rows(call))
        return false;
    if (!target_list(call) || !may_insert(call))
        return false;
    w = write_new(call, WRITE_INSERT);
    if (!w || !body_check_type(call) || !check_answer(call))
        return false;
    if (call->tree.columns && !body_asked_columns(call, &columns))
        return false;
    return write_choose_conflict(call, w);
}

bool upload_is_no_array(const struct call *call)
{
    struct slice body = body_without_mark(buf_slice(&call->body));
    size_t at = 0;

    if (body_form(call) != FORM_JSON)
        return false;
    while (at < body.len && memchr(" \t\r\n", body.data[at], 4))
        at++;
    return at < body.len && body.data[at] != '[';
}

/* ---- when it is there */

/* The columns and the plan: what may fail before a row is written. */
static bool plan_upload(struct call *call, struct write *w)
{
    struct upload *u;

    if (!body_check_type(call) || !check_answer(call))
        return false;
    u = upload_new(call, &w->body, is_lenient(call));
    if (!u)
        return false;
    w->upload = u;
    w->body = (struct body){.is_array = true, .n_rows = SIZE_MAX};
    if (!upload_rows_columns(u) || !write_choose_conflict(call, w))
        return false;
    w->answer = ANSWER_NOTHING;
    return write_plan(call, w);
}

enum progress upload_create(struct call *call, struct write *w)
{
    if (!plan_upload(call, w))
        return call_fail(call);
    upload_planned(w->upload);
    return write_submit(call, w);
}
