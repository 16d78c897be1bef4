/*
 * Generated columns in a body: a row that was read can be written back as it is. What they are given
 * is not written, but must be what SQLite makes of the others.
 *
 * SPDX-License-Identifier: MIT
 */
#include "query/rights.h"
#include "resource/write.h"
#include "store/catalog/catalog.h"

static bool is_generated(const struct call *call, const struct assignment *set)
{
    return !set->given && call->table->columns[set->column].generated;
}

/* Moves them out of the body, which has one row, into set[] and values[]. */
static void take(struct call *call, struct body *b, struct assignment *set, struct value *values)
{
    size_t taken = 0, left = 0;

    for (size_t i = 0; i < b->n_set; i++) {
        bool generated = is_generated(call, &b->set[i]);
        size_t to = generated ? taken++ : left++;

        (generated ? set : b->set)[to] = b->set[i];
        (generated ? values : b->values)[to] = b->values[i];
    }
    b->n_set = left;
}

static enum row_verdict take_found(void *context, const struct row *row, struct error *e)
{
    (void)context, (void)row, (void)e;
    return ROW_ENOUGH;
}

/* The row must be found with the values that the body has. */
static bool judge_found(void *context, const struct operation *op, struct error *e)
{
    const struct call *call = context;
    const struct write *w = call->state;

    if (op->n_found > 0)
        return true;
    error_column(e, w->generated_column);
    error_set(e, ERROR_GENERATED, "column \"%s\" can only be updated to DEFAULT",
              w->generated_column);
    error_details(e, "Column \"%s\" is a generated column.", w->generated_column);
    return error_hint(
        e, "The database computes it: leave it out, or send what it is with the others.");
}

bool write_take_generated(struct call *call, struct write *w)
{
    struct assignment *set;
    struct operation *op;
    struct value *values;
    struct plan plan;
    size_t n = 0;

    for (size_t i = 0; i < w->body.n_set; i++)
        n += is_generated(call, &w->body.set[i]);
    if (n == 0 || n == w->body.n_set) /* of nothing else the statement says what is wrong */
        return true;
    set = arena_alloc(&call->arena, n * sizeof *set);
    values = arena_alloc(&call->arena, n * sizeof *values);
    if (!set || !values)
        return error_set(&call->error, ERROR_MEMORY, "out of memory");
    take(call, &w->body, set, values);
    for (size_t i = 0; i < n; i++) {
        if (!rights_may_read(call->table, set[i].column))
            return rights_refuse(call->table, &call->error);
    }
    w->generated_column = call->table->columns[set[0].column].name.data;
    if (!plan_select_generated(&call->arena, call->table, &call->tree, set, values, n, &plan,
                               &call->error))
        return false;
    op = write_add(call, w, PART_GENERATED, &plan);
    if (!op)
        return false;
    op->sink = take_found;
    op->judge = judge_found;
    return true;
}
