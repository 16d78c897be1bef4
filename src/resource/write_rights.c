/*
 * What a role may write: which columns, which verbs, and whether it must see what it has written.
 *
 * SPDX-License-Identifier: MIT
 */
#include "query/rights.h"
#include "resource/write.h"

/* ---- the columns of the body */

static bool is_key_of_conflict(const struct write *w, int column)
{
    for (size_t i = 0; i < w->n_target; i++) {
        if (w->target[i] == column)
            return true;
    }
    return false;
}

/* A row that is there is changed, but for the key that it is found by. */
static bool may_overwrite(struct call *call, const struct write *w, int column)
{
    const struct table *table = call->table;

    if (!write_may_meet(w) || is_key_of_conflict(w, column))
        return true;
    if (table->columns[column].preset_insert || table->columns[column].preset_update)
        return true;
    return rights_check_column(table, column, RIGHT_UPDATE, &call->error);
}

/* JSON that is merged is read before. */
static bool may_set(struct call *call, const struct write *w, const struct assignment *set)
{
    bool changes = w->kind == WRITE_UPDATE;
    enum access_right right = changes ? RIGHT_UPDATE : RIGHT_INSERT;

    if (!rights_check_column(call->table, set->column, right, &call->error))
        return false;
    if (set->merge && !rights_may_read(call->table, set->column))
        return rights_refuse(call->table, &call->error);
    return changes || may_overwrite(call, w, set->column);
}

/* A conflict on a key is to be seen by whoever may see the key. */
static bool may_read_target(struct call *call, const struct write *w)
{
    for (size_t i = 0; w->conflict != CONFLICT_FAILS && i < w->n_target; i++) {
        if (!rights_may_read(call->table, w->target[i]))
            return rights_refuse(call->table, &call->error);
    }
    return true;
}

bool write_check_rights(struct call *call, struct write *w)
{
    if (!rights_are_of_role(call->table))
        return true;
    if (write_may_meet(w) && !rights_has(call->table, RIGHT_UPDATE))
        return rights_refuse(call->table, &call->error);
    for (size_t i = 0; i < w->body.n_set; i++) {
        if (!may_set(call, w, &w->body.set[i]))
            return false;
    }
    return may_read_target(call, w);
}

/* ---- what is seen of it */

/*
 * Where a statement reads what it writes, PostgreSQL holds the policies for SELECT against it, too: an
 * update, whose rows are looked for, an upsert, and whatever is asked to give rows back
 * (postgresql.org/docs/current/sql-createpolicy.html, "Policies Applied by Command Type").
 */
bool write_must_be_seen(const struct call *call, const struct write *w)
{
    bool reads = w->kind == WRITE_UPDATE || w->conflict != CONFLICT_FAILS;

    if (!call->table->has_policies || w->kind == WRITE_DELETE)
        return false;
    if (!rights_has(call->table, RIGHT_SELECT))
        return false;
    switch (call->prefer.returns) {
    case PREFER_RETURN_REPRESENTATION:
    case PREFER_RETURN_HEADERS_ONLY: return true;
    case PREFER_RETURN_DEFAULT: /* shown if it may be */
    case PREFER_RETURN_MINIMAL: break;
    }
    return reads;
}

static bool refuse_unseen(const struct call *call, struct error *e)
{
    return error_set(e, ERROR_FORBIDDEN,
                     "new row violates row-level security policy for table \"%s\"",
                     call->table->name.data);
}

bool write_judge_seen(void *context, const struct operation *op, struct error *e)
{
    return op->n_found > 0 || refuse_unseen(context, e);
}

static bool judge_unseen(void *context, const struct operation *op, struct error *e)
{
    return op->n_found == 0 || refuse_unseen(context, e);
}

static enum row_verdict take_unseen(void *context, const struct row *row, struct error *e)
{
    (void)context, (void)row, (void)e;
    return ROW_ENOUGH;
}

bool write_plan_unseen(struct call *call, struct write *w)
{
    struct plan_keys keys;
    struct operation *op;
    struct plan plan;

    if (w->readback != READ_AGAIN || !write_must_be_seen(call, w))
        return true;
    keys = (struct plan_keys){.list = operation_keys_value(w->keys)};
    if (!plan_select_unseen(&call->arena, call->table, &keys, &plan, &call->error))
        return false;
    op = write_add(call, w, PART_UNSEEN, &plan);
    if (!op)
        return false;
    op->as_owner = true;
    op->after = w->parts[PART_CHANGE];
    op->sink = take_unseen;
    op->judge = judge_unseen;
    return true;
}
