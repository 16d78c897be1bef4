/* SPDX-License-Identifier: MIT */
#include "resource/write.h"

#include "resource/precondition.h"
#include "resource/target.h"
#include "store/catalog.h"

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
    return w;
}

bool write_key_is_given(const struct call *call, const struct write *w)
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
    bool key_unknown =
        w->kind == WRITE_INSERT && t->rowid_alias < 0 && !write_key_is_given(call, w);

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
