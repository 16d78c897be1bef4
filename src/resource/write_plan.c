/*
 * The list of operations of a write, and the one among them that writes.
 *
 * SPDX-License-Identifier: MIT
 */
#include "resource/precondition.h"
#include "resource/upload.h"
#include "resource/write.h"
#include "store/catalog/catalog.h"

/* ---- PART_CHANGE */

static enum row_verdict take_row(void *context, const struct row *row, struct error *e)
{
    struct call *call = context;
    struct write *w = call->state;
    (void)e;

    write_row(w, row);
    return ROW_MORE;
}

/* The condition of the rows that are changed. */
static bool plan_condition(void *context, struct query *out)
{
    struct call *call = context;
    const struct write *w = call->state;
    enum access_right right = w->kind == WRITE_DELETE ? RIGHT_DELETE : RIGHT_UPDATE;
    struct error ignored = error_none();
    struct plan where;

    if (!plan_where(&call->arena, call->table, &call->tree, right, &where, &ignored))
        return false;
    *out = plan_query(&where);
    return true;
}

/* The table as the owner knows it, which explains what went wrong. */
static const struct table *whole_table(const struct table *table)
{
    return table->whole ? table->whole : table;
}

static int whole_column(const struct table *table, int column)
{
    if (!table->whole)
        return column;
    return table_column(table->whole, table->columns[column].name);
}

/* Whose values a row of the body gives; -1: another place's, or not the column's value. */
static const int *given_columns(struct call *call, const struct write *w)
{
    int *columns = arena_alloc(&call->arena, (w->body.n_set + 1) * sizeof *columns);

    for (size_t i = 0; columns && i < w->body.n_set; i++) {
        const struct assignment *set = &w->body.set[i];
        bool is_value = !set->given && !set->merge;

        columns[i] = is_value ? whole_column(call->table, set->column) : -1;
    }
    return columns;
}

/* The columns of the key that an upsert meets; NULL without memory. */
static const int *met_columns(struct call *call, const struct write *w)
{
    int *columns;

    if (!call->table->whole)
        return w->target;
    columns = arena_alloc(&call->arena, (w->n_target + 1) * sizeof *columns);
    for (size_t i = 0; columns && i < w->n_target; i++)
        columns[i] = whole_column(call->table, w->target[i]);
    return columns;
}

/* What is to know of the change beside its statement; NULL with the error. */
static struct change *new_change(struct call *call, const struct write *w)
{
    struct change *change = arena_zeroed(&call->arena, 1, sizeof *change);
    bool gives_row = w->kind != WRITE_DELETE;

    if (change && gives_row)
        change->columns = given_columns(call, w);
    if (!change || (gives_row && !change->columns)) {
        error_set(&call->error, ERROR_MEMORY, "out of memory");
        return NULL;
    }
    change->table = whole_table(call->table);
    change->names_row = w->body.is_array;
    change->where = w->kind == WRITE_INSERT ? NULL : plan_condition;
    return change;
}

/* An upsert: rows that are new are counted. */
static bool plan_meeting(struct call *call, struct write *w, enum returning returning,
                         struct change *change)
{
    bool in_view = call->table->kind == TABLE_VIEW;
    struct plan update, exists;

    if (!write_may_meet(w))
        return true;
    change->target = met_columns(call, w);
    change->n_target = w->n_target;
    if (w->n_target && !change->target)
        return error_set(&call->error, ERROR_MEMORY, "out of memory");
    change->meeting = MEETING_COUNTED;
    /* Without a rowid SQLite does not tell an insert from an update. */
    if (call->table->rowid)
        return true;
    change->meeting = MEETING_ASKED;
    if (!plan_exists(&call->arena, call->table, w->target, w->n_target, &exists, &call->error))
        return false;
    change->exists = plan_query(&exists);
    if (!in_view)
        return true;
    if (!plan_update(&call->arena, call->table, w->body.set, w->body.n_set, &call->tree, returning,
                     &update, &call->error))
        return false;
    change->instead = plan_query(&update);
    return true;
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

    return plan_insert(&call->arena, call->table, &insert, &call->tree, returning, &w->plan,
                       &call->error);
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

static bool plan_change(struct call *call, struct write *w)
{
    enum returning returning = write_returning(call, w);
    struct change *change = new_change(call, w);
    struct operation *op;

    if (!change || !plan_meeting(call, w, returning, change) || !plan_statement(call, w, returning))
        return false;
    /* Of a view's new row RETURNING knows what was given: what was not is left out. */
    bool unknown = call->table->kind == TABLE_VIEW && w->kind == WRITE_INSERT;
    w->plan.shape.strip_nulls = call->options.strip_nulls || unknown;
    w->plan.shape.one_line = call->options.one_line;
    op = write_add(call, w, PART_CHANGE, &w->plan);
    if (!op)
        return false;
    op->rows = w->body.values;
    op->width = w->body.n_set;
    op->n_rows = w->body.n_rows;
    if (w->upload)
        op->source = upload_source(w->upload);
    op->change = change;
    if (w->readback == READ_RETURNED)
        op->sink = take_row;
    if (w->readback == READ_AGAIN)
        op->keys = w->keys;
    return true;
}

/* A view's new row has the key that its table gave it, which the body need not have: it is known if
 * the trigger makes one row there. */
static bool plan_made(struct call *call, struct write *w)
{
    const struct table *base = whole_table(call->table)->base;
    const struct plan_written key = {.table = base, .with_key = true};
    struct change *change = w->parts[PART_CHANGE]->change;
    struct plan made;

    if (w->kind != WRITE_INSERT || w->readback != READ_AGAIN || !base || !base->rowid)
        return true;
    if (!plan_select_written(&call->arena, &key, &call->options, &made, &call->error))
        return false;
    change->made_in = base->name;
    change->made = plan_query(&made);
    change->made_at = made.cursor_at;
    return true;
}

/* ---- the list */

static bool make_keys(struct call *call, struct write *w)
{
    size_t max = (size_t)call->service->max_answer;

    if (w->readback != READ_AGAIN && w->readback != READ_GONE)
        return true;
    buf_init(&w->pieces, max);
    buf_init(&w->ends, max);
    w->keys = operation_keys(&call->arena, plan_identity_width(call->table), max);
    return w->keys || error_set(&call->error, ERROR_MEMORY, "out of memory");
}

/* In this order a request hears of what is wrong with it. */
static bool (*const planners[])(struct call *call, struct write *w) = {
    write_check_rights, write_plan_current, plan_change,      write_plan_reading,
    write_plan_unseen,  plan_made,          write_plan_rival, write_plan_misfits,
};

static bool plan_parts(struct call *call, struct write *w)
{
    for (size_t i = 0; i < sizeof planners / sizeof *planners; i++) {
        if (!planners[i](call, w))
            return false;
    }
    return true;
}

bool write_plan(struct call *call, struct write *w)
{
    if (!write_choose_readback(call, w) || !make_keys(call, w) || !plan_parts(call, w))
        return false;
    w->key = arena_zeroed(&call->arena, call->table->n_key + 1, sizeof *w->key);
    if (!w->key)
        return error_set(&call->error, ERROR_MEMORY, "out of memory");
    /* Whoever depends on the change was planned before it, perhaps. */
    if (w->parts[PART_GENERATED])
        w->parts[PART_GENERATED]->after = w->parts[PART_CHANGE];
    if (w->upload)
        w->parts[PART_CHANGE]->check = w->parts[PART_UNSEEN];
    for (size_t i = 0; i < WRITE_PARTS; i++) {
        if (w->parts[i])
            operations_add(&w->work, w->parts[i]);
    }
    return true;
}
