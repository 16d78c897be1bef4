/* SPDX-License-Identifier: MIT */
#include "store/run/operation.h"

#include "store/db/keys.h"
#include "store/run/change.h"
#include "store/run/operation_row.h"

struct operation *operation_new(struct arena *arena, struct query query, void *context)
{
    struct operation *op = arena_zeroed(arena, 1, sizeof *op);

    if (!op)
        return NULL;
    op->query = query;
    op->context = context;
    op->n_rows = 1;
    return op;
}

void operations_add(struct operations *list, struct operation *op)
{
    if (list->last)
        list->last->next = op;
    else
        list->first = op;
    list->last = op;
}

void operations_finish(struct operations *list)
{
    for (struct operation *op = list->first; op; op = op->next) {
        if (op->keys)
            keys_finish(op->keys);
    }
}

struct keys *operation_keys(struct arena *arena, size_t width, size_t max)
{
    struct keys *keys = arena_alloc(arena, sizeof *keys);

    if (keys)
        keys_init(keys, width, max);
    return keys;
}

struct value operation_keys_value(const struct keys *keys)
{
    return value_shape(keys);
}

static void forget_outcome(struct operation *op)
{
    op->run = op->n_given = op->n_found = op->changed = 0;
    if (op->change) {
        op->change->created = 0;
        op->change->last_made = 0;
    }
    if (op->keys)
        keys_clear(op->keys);
}

/* True if the operation that it depends on has written nothing. */
static bool is_idle(const struct operation *op)
{
    return op->after && op->after->n_given == 0 && op->after->changed == 0;
}

static bool run_operation(struct operation *op, struct db *db, struct error *e)
{
    if (is_idle(op))
        return true;
    if (op->as_owner)
        return operation_run_as_owner(op, db, e);
    if (op->change)
        return change_run(op, db, e);
    return operation_run_rows(op, db, e);
}

bool operations_run(struct operations *list, struct db *db, struct error *e)
{
    if (list->begin)
        list->begin(list->context);
    for (struct operation *op = list->first; op; op = op->next)
        forget_outcome(op);
    for (struct operation *op = list->first; op; op = op->next) {
        if (!run_operation(op, db, e))
            return false;
    }
    return !list->end || list->end(list->context, e);
}
