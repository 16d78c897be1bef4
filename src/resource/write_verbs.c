/*
 * POST, PUT, PATCH and DELETE.
 *
 * SPDX-License-Identifier: MIT
 */
#include "resource/target.h"
#include "resource/verbs.h"
#include "resource/write.h"
#include "store/catalog.h"

/* With no preference an object that is addressed alone comes back, many do not; an explicit
 * representation is an array, as in PostgREST. */
static enum write_answer choose_answer(const struct call *call, bool alone)
{
    switch (call->prefer.returns) {
    case PREFER_RETURN_REPRESENTATION: return ANSWER_ARRAY;
    case PREFER_RETURN_DEFAULT: return alone ? ANSWER_OBJECT : ANSWER_NOTHING;
    case PREFER_RETURN_MINIMAL:
    case PREFER_RETURN_HEADERS_ONLY: break;
    }
    return ANSWER_NOTHING;
}

static enum progress plan_and_submit(struct call *call, struct write *w)
{
    return write_plan(call, w) ? write_submit(call, w) : call_fail(call);
}

enum progress list_create(struct call *call)
{
    struct write *w;

    if (!target_list(call))
        return call_fail(call);
    if (!call->table->insertable)
        return target_not_allowed(call, resource_list_methods(call->table));
    w = write_new(call, WRITE_INSERT);
    if (!w || !body_parse(call, BODY_CREATE, &w->body))
        return call_fail(call);
    w->answer = choose_answer(call, !w->body.is_array);
    return plan_and_submit(call, w);
}

/* A change of every row must be meant. */
static bool check_filtered(struct call *call)
{
    if (call->tree.filter || call->tree.all)
        return true;
    error_set(&call->error, ERROR_UNFILTERED, "this would change every row of %s",
              call->table->name.data);
    return error_hint(&call->error, "Add a filter, or ?all=true if that is what you mean.");
}

static bool refuse_paging(struct call *call)
{
    if (!call->tree.order && call->tree.limit < 0 && !call->tree.offset)
        return true;
    error_set(&call->error, ERROR_UNSUPPORTED, "order, limit and offset do not go with a change");
    return error_hint(&call->error, "Name the rows with a filter.");
}

/* An empty object sets no column of any row. */
static enum progress change_nothing(struct call *call, const struct write *w)
{
    write_applied(call, w);
    target_range(call, 0, 0, call->prefer.count == PREFER_COUNT_NONE ? -1 : 0);
    if (w->answer == ANSWER_ARRAY) {
        buf_add_text(&call->reply, "[]");
        return target_json(call, OUTCOME_OK);
    }
    call->outcome = OUTCOME_NO_CONTENT;
    return CALL_DONE;
}

enum progress list_update(struct call *call)
{
    struct write *w;

    if (!target_list(call))
        return call_fail(call);
    if (!call->table->updatable)
        return target_not_allowed(call, resource_list_methods(call->table));
    w = write_new(call, WRITE_UPDATE);
    if (!w || !check_filtered(call) || !refuse_paging(call) ||
        !body_parse(call, body_is_merge_patch(call) ? BODY_MERGE : BODY_ROW, &w->body))
        return call_fail(call);
    w->answer = choose_answer(call, false);
    return w->body.n_set ? plan_and_submit(call, w) : change_nothing(call, w);
}

enum progress list_delete(struct call *call)
{
    struct write *w;

    if (!target_list(call))
        return call_fail(call);
    if (!call->table->deletable)
        return target_not_allowed(call, resource_list_methods(call->table));
    w = write_new(call, WRITE_DELETE);
    if (!w || !check_filtered(call) || !refuse_paging(call))
        return call_fail(call);
    w->answer = choose_answer(call, false);
    return plan_and_submit(call, w);
}

static bool key_differs(struct call *call, const struct column *column)
{
    error_column(&call->error, column->name.data);
    return error_set(&call->error, ERROR_BODY,
                     "the primary key in the body is not the one in the path");
}

static bool value_equal(const struct value *a, const struct value *b)
{
    if (a->type != b->type)
        return false;
    switch (a->type) {
    case VALUE_INTEGER: return a->as.integer == b->as.integer;
    case VALUE_REAL: return a->as.real == b->as.real;
    case VALUE_TEXT:
    case VALUE_BLOB: return slice_equal(a->as.bytes, b->as.bytes);
    case VALUE_NULL: break;
    }
    return true;
}

/* The key of the path is the row's: it joins the body's columns, or equals them. */
static bool take_key(struct call *call, struct body *body)
{
    const struct table *table = call->table;
    struct value *values = arena_alloc(&call->arena, (body->n_set + table->n_key) * sizeof *values);
    const struct condition *c = call->tree.filter;

    if (!values)
        return error_set(&call->error, ERROR_MEMORY, "out of memory");
    memcpy(values, body->values, body->n_set * sizeof *values);
    body->values = values;
    for (size_t i = 0; i < table->n_key; i++, c = c->next) {
        const struct column *column = &table->columns[table->key[i]];
        long at = body_column(body, table->key[i]);
        struct value value;

        if (!plan_value(&call->arena, column, c->value, &value, &call->error))
            return false;
        if (at >= 0 && !value_equal(&values[at], &value))
            return key_differs(call, column);
        if (at >= 0)
            continue;
        values[body->n_set] = value;
        body->set[body->n_set++] = (struct assignment){.column = table->key[i]};
    }
    return true;
}

enum progress row_replace(struct call *call)
{
    struct write *w;

    if (!target_row(call))
        return call_fail(call);
    if (call->table->kind != TABLE_TABLE)
        return target_not_allowed(call, resource_row_methods(call->table));
    w = write_new(call, WRITE_REPLACE);
    if (!w || !body_parse(call, BODY_ROW, &w->body) || !take_key(call, &w->body))
        return call_fail(call);
    w->one_row = true;
    w->answer = choose_answer(call, true);
    return plan_and_submit(call, w);
}

/* An empty patch: the row as it is, if it is there. */
static enum progress unchanged_row(struct call *call, const struct write *w)
{
    if (w->answer == ANSWER_ARRAY)
        buf_add_char(&call->reply, '[');
    (void)target_answer_row(call);
    if (call->outcome == OUTCOME_FAILED)
        return CALL_DONE;
    write_applied(call, w);
    if (w->answer == ANSWER_ARRAY)
        buf_add_char(&call->reply, ']');
    if (w->answer != ANSWER_NOTHING)
        return target_json(call, OUTCOME_OK);
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
    if (!w || !body_parse(call, BODY_MERGE, &w->body))
        return call_fail(call);
    w->one_row = true;
    w->answer = choose_answer(call, true);
    return w->body.n_set ? plan_and_submit(call, w) : unchanged_row(call, w);
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
    w->answer = choose_answer(call, false);
    return plan_and_submit(call, w);
}
