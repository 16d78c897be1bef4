/* SPDX-License-Identifier: MIT */
#include "resource/write.h"

#include "resource/precondition.h"
#include "resource/target.h"
#include "store/catalog/catalog.h"

static void dispose(void *state)
{
    struct write *w = state;

    keys_finish(&w->keys);
    buf_finish(&w->pieces);
    buf_finish(&w->ends);
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

static bool plan_inserting(struct call *call, struct write *w, enum returning returning)
{
    bool in_view = call->table->kind == TABLE_VIEW;
    const struct insert insert = {
        .set = w->body.set,
        .n_set = w->body.n_set,
        .conflict = in_view ? CONFLICT_FAILS : w->conflict,
        .target = w->target,
        .n_target = w->n_target,
        .where = w->target_where,
    };

    /* Without a rowid SQLite does not tell an insert from an update. */
    bool asks = write_may_meet(w) && !call->table->rowid;

    if (in_view && write_may_meet(w) &&
        !plan_update(&call->arena, call->table, w->body.set, w->body.n_set, &call->tree, returning,
                     &w->update, &call->error))
        return false;
    return plan_insert(&call->arena, call->table, &insert, &call->tree, returning, &w->plan,
                       &call->error) &&
           (!asks || plan_exists(&call->arena, call->table, w->target, w->n_target, &w->exists,
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
static bool plan_row(struct call *call, struct plan *out)
{
    const struct plan_source source = {call->table, NULL};
    struct plan_options options = call->options;

    options.one_row = true;
    return plan_select(&call->arena, &source, &call->tree, &options, out, &call->error);
}

/* What reads the rows that RETURNING does not give. */
static bool plan_reading(struct call *call, struct write *w)
{
    bool again = w->readback == READ_AGAIN;
    bool key_is_made = call->table->rowid_alias < 0 && !write_key_is_given(call, w);
    const struct plan_written which = {
        .table = call->table,
        .tree = w->answer == ANSWER_NOTHING ? NULL : &call->tree,
        .keys = w->readback == READ_AGAIN ? &w->keys : NULL,
        .with_key = write_names_key(call, w) && (again || key_is_made),
    };
    bool gone = w->readback == READ_GONE;

    switch (w->readback) {
    case READ_NOTHING:
    case READ_COUNTED:
    case READ_RETURNED: break;
    case READ_KNOWN:
        if (w->kind == WRITE_UPDATE)
            return plan_row(call, &w->select);
        return plan_select_written(&call->arena, &which, &call->options, &w->select, &call->error);
    case READ_AGAIN:
        return plan_select_written(&call->arena, &which, &call->options, &w->select, &call->error);
    case READ_BEFORE:
    case READ_GONE:
        if (!plan_select_before(&call->arena, call->table, &call->tree, &call->options, gone,
                                &w->select, &call->error))
            return false;
        if (w->select.n_cursor == 0) /* of groups no row can be told apart */
            w->readback = READ_BEFORE;
        return w->readback == READ_BEFORE ||
               plan_select_present(&call->arena, call->table, &w->keys, &w->present, &call->error);
    }
    return true;
}

/* A view's new row has the key that its table gave it, which the body need not have: it is known if
 * the trigger makes one row there. */
static bool plan_made(struct call *call, struct write *w)
{
    const struct table *base = call->table->base;
    const struct plan_written key = {.table = base, .with_key = true};

    if (w->kind != WRITE_INSERT || w->readback != READ_AGAIN || !base || !base->rowid)
        return true;
    w->watch.table = base->name;
    return plan_select_written(&call->arena, &key, &call->options, &w->made, &call->error);
}

bool write_plan(struct call *call, struct write *w)
{
    size_t max = (size_t)call->service->max_answer, n;

    if (!write_choose_readback(call, w))
        return false;
    keys_init(&w->keys, plan_identity_width(call->table), max);
    w->keys.may_repeat = w->body.n_rows > 1; /* one row twice, or a rowid that is free again */
    buf_init(&w->pieces, max);
    buf_init(&w->ends, max);
    if ((precondition_is_given(call) && !plan_row(call, &w->current)) ||
        !plan_statement(call, w, write_returning(call, w)) || !plan_reading(call, w) ||
        !plan_made(call, w) || !write_plan_rival(call, w) || !write_plan_misfits(call, w))
        return false;
    /* Of a view's new row RETURNING knows what was given: what was not is left out. */
    bool unknown = call->table->kind == TABLE_VIEW && w->kind == WRITE_INSERT;
    w->plan.shape.strip_nulls = call->options.strip_nulls || unknown;
    n = w->body.n_set + w->plan.n_values + w->update.n_values;
    if (n < w->select.n_values + w->select.n_trailing)
        n = w->select.n_values + w->select.n_trailing;
    w->bound = arena_alloc(&call->arena, (n + w->n_target + 1) * sizeof *w->bound);
    w->key = arena_zeroed(&call->arena, call->table->n_key + 1, sizeof *w->key);
    return (w->bound && w->key) || error_set(&call->error, ERROR_MEMORY, "out of memory");
}
