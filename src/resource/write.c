/* SPDX-License-Identifier: MIT */
#include "resource/write.h"

#include "base/text.h"
#include "query/json_out.h"
#include "resource/target.h"
#include "store/catalog.h"

static void dispose(void *state)
{
    body_free(&((struct write *)state)->body);
}

struct write *write_new(struct call *call, enum write_kind kind)
{
    struct write *w = arena_zeroed(&call->arena, 1, sizeof *w);

    if (!w) {
        error_set(&call->error, ERROR_MEMORY, "out of memory");
        return NULL;
    }
    w->kind = kind;
    w->body.n_rows = 1;
    call->state = w;
    call->dispose = dispose;
    return w;
}

/* True if the body itself gives every column of the key, so that no one need be asked. */
static bool key_is_given(const struct call *call, const struct write *w)
{
    for (size_t i = 0; i < call->table->n_key; i++) {
        if (body_column(&w->body, call->table->key[i]) < 0)
            return false;
    }
    return call->table->n_key > 0;
}

/*
 * RETURNING shows a row as it was before AFTER triggers changed it (sqlite.org/
 * lang_returning.html §2.1): such a row is read again by its key. So is one whose key
 * only SQLite knows and that is not a rowid.
 */
static enum returning choose_returning(const struct call *call, struct write *w)
{
    const struct table *t = call->table;
    bool by_key = t->kind == TABLE_TABLE && t->n_key > 0 && w->kind != WRITE_DELETE;
    bool key_unknown = w->kind == WRITE_INSERT && t->rowid_alias < 0 && !key_is_given(call, w);

    w->reread = by_key && ((t->has_triggers && w->answer != ANSWER_NOTHING) ||
                           (key_unknown && !w->body.is_array));
    if (w->reread)
        return RETURNING_KEY;
    return w->answer == ANSWER_NOTHING ? RETURNING_NOTHING : RETURNING_SELECT;
}

static bool plan_statement(struct call *call, struct write *w, enum returning returning)
{
    const struct body *b = &w->body;

    switch (w->kind) {
    case WRITE_INSERT:
        return plan_insert(&call->arena, call->table, b->set, b->n_set, &call->tree, returning,
                           &w->plan, &call->error);
    case WRITE_REPLACE:
        return plan_replace(&call->arena, call->table, b->set, b->n_set, &call->tree, returning,
                            &w->plan, &call->error) &&
               plan_count(&call->arena, call->table, &call->tree, &w->exists, &call->error);
    case WRITE_UPDATE:
        return plan_update(&call->arena, call->table, b->set, b->n_set, &call->tree, returning,
                           &w->plan, &call->error);
    case WRITE_DELETE: break;
    }
    return plan_delete(&call->arena, call->table, &call->tree, returning, &w->plan, &call->error);
}

bool write_plan(struct call *call, struct write *w)
{
    enum returning returning = choose_returning(call, w);

    if (!plan_statement(call, w, returning) ||
        (w->reread &&
         !plan_select_key(&call->arena, call->table, &call->tree, &w->select, &call->error)))
        return false;
    w->bound = arena_alloc(&call->arena, (w->body.n_set + w->plan.n_values + 1) * sizeof *w->bound);
    w->key = arena_zeroed(&call->arena, call->table->n_key + 1, sizeof *w->key);
    return (w->bound && w->key) || error_set(&call->error, ERROR_MEMORY, "out of memory");
}

/* The key's values as the body gave them. */
static void key_from_body(const struct call *call, struct write *w)
{
    if (w->has_key || !key_is_given(call, w))
        return;
    for (size_t i = 0; i < call->table->n_key; i++)
        w->key[i] = w->body.values[body_column(&w->body, call->table->key[i])];
    w->has_key = true;
}

static bool add_key_value(struct buf *b, const struct value *v)
{
    struct buf text;

    switch (v->type) {
    case VALUE_INTEGER: buf_add_int64(b, v->as.integer); return true;
    case VALUE_REAL: json_out_real(b, v->as.real); return true;
    case VALUE_TEXT: text_percent_encode(b, v->as.bytes); return true;
    case VALUE_BLOB:
        buf_init(&text, v->as.bytes.len * 2 + 4);
        text_base64_encode(&text, v->as.bytes);
        text_percent_encode(b, buf_slice(&text));
        buf_finish(&text);
        return true;
    case VALUE_NULL: break;
    }
    return false; /* a key with NULL in it has no path */
}

/* Location: {base}/{table}/{key},{key} */
static void set_location(struct call *call, struct write *w)
{
    struct buf b;
    bool ok = true;

    key_from_body(call, w);
    if (!w->has_key || call->table->kind != TABLE_TABLE)
        return;
    buf_init(&b, 8192);
    buf_add_text(&b, call->service->base_path);
    buf_add_char(&b, '/');
    text_percent_encode(&b, call->table->name);
    for (size_t i = 0; i < call->table->n_key && ok; i++) {
        buf_add_char(&b, i ? ',' : '/');
        ok = add_key_value(&b, &w->key[i]);
    }
    if (ok && !b.failed)
        call->location = arena_copy(&call->arena, buf_slice(&b));
    buf_finish(&b);
}

/* A change of many says how many there were, if asked to. */
static bool counts(const struct call *call, const struct write *w)
{
    return call->prefer.count != PREFER_COUNT_NONE && !w->one_row && w->kind != WRITE_INSERT;
}

void write_applied(struct call *call, const struct write *w)
{
    static const char *const words[] = {
        [PREFER_RETURN_DEFAULT] = NULL,
        [PREFER_RETURN_MINIMAL] = "return=minimal",
        [PREFER_RETURN_HEADERS_ONLY] = "return=headers-only",
        [PREFER_RETURN_REPRESENTATION] = "return=representation",
    };

    if (words[call->prefer.returns])
        target_applied(call, words[call->prefer.returns]);
    if (counts(call, w))
        target_applied(call, "count=exact");
}

/* A row that was ignored (RAISE(IGNORE), ON CONFLICT IGNORE) or that a trigger took away again
 * leaves no object to answer with. */
static enum outcome outcome_of(const struct write *w)
{
    if (w->answer == ANSWER_OBJECT && w->shown == 0)
        return OUTCOME_NO_CONTENT;
    if (w->kind == WRITE_INSERT || w->created)
        return OUTCOME_CREATED;
    return w->answer == ANSWER_NOTHING ? OUTCOME_NO_CONTENT : OUTCOME_OK;
}

/* Back on the loop: the job is committed, or its error says why not. */
static enum progress finish(struct call *call)
{
    struct write *w = call->state;
    enum outcome outcome = outcome_of(w);

    if (error_is_set(&call->job.error)) {
        call->error = call->job.error;
        return call_fail(call);
    }
    write_applied(call, w);
    if (outcome == OUTCOME_CREATED && !w->body.is_array && w->affected > 0)
        set_location(call, w);
    if (!w->one_row && w->kind != WRITE_INSERT)
        target_range(call, 0, w->kind == WRITE_DELETE ? 0 : (int64_t)w->affected,
                     counts(call, w) ? (int64_t)w->affected : -1);
    if (w->answer == ANSWER_NOTHING || outcome == OUTCOME_NO_CONTENT) {
        call->outcome = outcome;
        return CALL_DONE;
    }
    return target_json(call, outcome);
}

enum progress write_submit(struct call *call, struct write *w)
{
    (void)w;
    call->job.run = write_run;
    call->job.mailbox = call->mailbox;
    call->job.deadline_us = call->deadline_us;
    call->finish = finish;
    if (writer_submit(call->service->writer, &call->job))
        return CALL_WAITING;
    call->error = call->job.error;
    return call_fail(call);
}
