/* SPDX-License-Identifier: MIT */
#include "resource/write.h"

#include "base/text.h"
#include "query/json_out.h"
#include "resource/precondition.h"
#include "resource/target.h"
#include "store/catalog.h"

static void dispose(void *state)
{
    body_free(&((struct write *)state)->body);
}

struct write *write_new(struct call *call, enum write_kind kind)
{
    struct write *w;

    if (!call->keys_text.data && !precondition_none(call))
        return NULL;
    w = arena_zeroed(&call->arena, 1, sizeof *w);
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

/* True if the path names the row's key, and the body leaves it as it is. */
static bool keeps_key(const struct call *call, const struct write *w)
{
    for (size_t i = 0; i < call->table->n_key; i++) {
        if (body_column(&w->body, call->table->key[i]) >= 0)
            return false;
    }
    return w->one_row && w->kind == WRITE_UPDATE;
}

/*
 * RETURNING takes its rows through a table of its own, made and dropped each time. The one row
 * that a plain insert makes is found faster by its rowid, one that a path names by its key.
 */
static bool knows_key(const struct call *call, const struct write *w)
{
    const struct table *t = call->table;
    bool plain = t->kind == TABLE_TABLE && t->n_key > 0 && !t->has_triggers && !w->body.is_array &&
                 w->answer != ANSWER_NOTHING;
    bool inserts = w->kind == WRITE_INSERT && w->conflict == CONFLICT_FAILS && t->rowid_alias >= 0;

    return plain && (inserts || keeps_key(call, w));
}

/*
 * RETURNING shows a row as it was before AFTER triggers changed it (sqlite.org/
 * lang_returning.html §2.1): such a row is read again by its key. So is one whose key
 * only SQLite knows and that is not a rowid, and one whose related rows are asked for.
 */
static enum returning choose_returning(const struct call *call, struct write *w)
{
    const struct table *t = call->table;
    bool related = w->answer != ANSWER_NOTHING && plan_needs_select(call->table, &call->tree);
    bool by_key = t->kind == TABLE_TABLE && (t->n_key > 0 || related);
    bool key_unknown = w->kind == WRITE_INSERT && t->rowid_alias < 0 && !key_is_given(call, w);

    w->select_first = w->kind == WRITE_DELETE && related;
    w->key_known = knows_key(call, w) && !related;
    if (w->key_known)
        return RETURNING_NOTHING;
    w->reread = by_key && w->kind != WRITE_DELETE &&
                ((t->has_triggers && w->answer != ANSWER_NOTHING) || related ||
                 (key_unknown && !w->body.is_array && t->n_key > 0));
    if (w->reread)
        return RETURNING_KEY;
    return w->answer == ANSWER_NOTHING || w->select_first ? RETURNING_NOTHING : RETURNING_SELECT;
}

static bool plan_inserting(struct call *call, struct write *w, enum returning returning)
{
    const struct insert insert = {
        .set = w->body.set,
        .n_set = w->body.n_set,
        .conflict = w->conflict,
        .target = w->target,
        .n_target = w->n_target,
    };

    w->looks = w->conflict == CONFLICT_MERGED || w->conflict == CONFLICT_REPLACED;
    return plan_insert(&call->arena, call->table, &insert, &call->tree, returning, &w->plan,
                       &call->error) &&
           (!w->looks || plan_exists(&call->arena, call->table, w->target, w->n_target, &w->exists,
                                     &call->error));
}

static bool plan_statement(struct call *call, struct write *w, enum returning returning)
{
    const struct body *b = &w->body;

    switch (w->kind) {
    case WRITE_INSERT:
    case WRITE_REPLACE: return plan_inserting(call, w, returning);
    case WRITE_UPDATE:
        return plan_update(&call->arena, call->table, b->set, b->n_set, &call->tree, returning,
                           &w->plan, &call->error);
    case WRITE_DELETE: break;
    }
    return plan_delete(&call->arena, call->table, &call->tree, returning, &w->plan, &call->error);
}

/* What reads the row as a GET of the same target would answer it. */
static bool plan_current(struct call *call, struct write *w)
{
    const struct plan_source source = {call->table, NULL};
    struct plan_options options = call->options;

    options.one_row = true;
    w->conditional = precondition_is_given(call);
    return !w->conditional ||
           plan_select(&call->arena, &source, &call->tree, &options, &w->current, &call->error);
}

/* What reads the rows for the answer, if RETURNING does not. */
static bool plan_reading(struct call *call, struct write *w)
{
    const struct plan_source source = {call->table, NULL};
    struct plan_options options = call->options;

    options.max_rows = 0;
    if (w->select_first)
        return plan_select(&call->arena, &source, &call->tree, &options, &w->select, &call->error);
    return !(w->reread || w->key_known) ||
           plan_select_key(&call->arena, call->table, &call->tree, &call->options, &w->select,
                           &call->error);
}

bool write_plan(struct call *call, struct write *w)
{
    enum returning returning = choose_returning(call, w);
    const struct table *t = call->table;
    size_t n;

    if (t->kind != TABLE_TABLE && w->answer != ANSWER_NOTHING && !w->select_first &&
        plan_needs_select(call->table, &call->tree))
        return error_set(&call->error, ERROR_UNSUPPORTED,
                         "related resources of what is written to a view");
    w->n_key = t->n_key ? t->n_key : 1;
    if (!plan_current(call, w) || !plan_statement(call, w, returning) || !plan_reading(call, w))
        return false;
    n = w->body.n_set + w->plan.n_values;
    if (n < w->select.n_values + w->n_key)
        n = w->select.n_values + w->n_key;
    w->bound = arena_alloc(&call->arena, (n + w->n_target + 1) * sizeof *w->bound);
    w->key = arena_zeroed(&call->arena, w->n_key, sizeof *w->key);
    return (w->bound && w->key) || error_set(&call->error, ERROR_MEMORY, "out of memory");
}

void write_begin(struct call *call, const struct write *w)
{
    const struct shape *shape =
        w->reread || w->key_known || w->select_first ? &w->select.shape : &w->plan.shape;

    if (w->answer == ANSWER_ROWS || (w->answer == ANSWER_OBJECT && call->media == MEDIA_CSV))
        media_begin(call, shape);
}

void write_row(struct call *call, struct write *w, struct statement *st, const struct shape *shape)
{
    media_row(call, st, shape, w->shown++);
}

void write_end(struct call *call, const struct write *w)
{
    if (w->answer == ANSWER_ROWS)
        media_end(call);
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
    case VALUE_SHAPE:
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
    return call->prefer.count != PREFER_COUNT_NONE && !w->one_row;
}

void write_applied(struct call *call, const struct write *w)
{
    unsigned follows = PREFER_FOLLOWS_RETURN;

    if (w->kind == WRITE_INSERT && call->table->n_key)
        follows |= PREFER_FOLLOWS_RESOLUTION;
    if (w->kind == WRITE_INSERT)
        follows |= PREFER_FOLLOWS_MISSING;
    if (w->kind == WRITE_UPDATE || w->kind == WRITE_DELETE)
        follows |= PREFER_FOLLOWS_AFFECTED;
    if (counts(call, w))
        follows |= PREFER_FOLLOWS_COUNT;
    if (call->service->allow_tx)
        follows |= PREFER_FOLLOWS_TX;
    target_applied(call, follows);
}

/* A row that was ignored (RAISE(IGNORE), ON CONFLICT IGNORE) or that a trigger took away again
 * leaves no object to answer with. */
static enum outcome outcome_of(const struct write *w)
{
    bool creates = w->kind == WRITE_INSERT || w->kind == WRITE_REPLACE;

    if (w->answer == ANSWER_OBJECT && w->shown == 0)
        return OUTCOME_NO_CONTENT;
    if (creates && (!w->looks || w->created > 0))
        return OUTCOME_CREATED;
    if (w->kind == WRITE_INSERT)
        return OUTCOME_OK; /* every row was there already: updated */
    return w->answer == ANSWER_NOTHING ? OUTCOME_NO_CONTENT : OUTCOME_OK;
}

/* Back on the loop: the job is committed, or its error says why not. */
static enum progress finish(struct call *call)
{
    struct write *w = call->state;
    enum outcome outcome = outcome_of(w);

    if (error_is_set(&call->error))
        return call_fail(call);
    write_applied(call, w);
    if (outcome == OUTCOME_CREATED && !w->body.is_array && w->affected > 0)
        set_location(call, w);
    if (w->kind == WRITE_INSERT && call->prefer.count != PREFER_COUNT_NONE)
        target_range(call, 0, 0, (int64_t)w->affected);
    if (!w->one_row && w->kind != WRITE_INSERT)
        target_range(call, 0, w->kind == WRITE_DELETE ? 0 : (int64_t)w->affected,
                     counts(call, w) ? (int64_t)w->affected : -1);
    if (w->answer == ANSWER_NOTHING || outcome == OUTCOME_NO_CONTENT) {
        call->outcome = outcome;
        return CALL_DONE;
    }
    (void)target_reply(call, outcome);
    if (w->answer == ANSWER_OBJECT && call->media == MEDIA_JSON && call->query.len == 0)
        call->tag = precondition_tag(buf_slice(&call->reply), slice_from(""));
    return CALL_DONE;
}

/* True if the job fails by its one statement or, but for rare cases, not at all. */
static bool is_single(const struct call *call, const struct write *w)
{
    return w->body.n_rows == 1 && !call->table->has_triggers &&
           (w->one_row || w->kind == WRITE_INSERT ||
            (call->media != MEDIA_OBJECT && !call->prefer.has_max_affected));
}

enum progress write_submit(struct call *call, struct write *w)
{
    if (media_is_plan(call))
        return target_answer_plan(call, &w->plan);
    call->job.single = is_single(call, w);
    return call_submit(call, write_run, finish);
}
