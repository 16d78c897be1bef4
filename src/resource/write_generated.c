/*
 * Generated columns in a body: a row that was read can be written back as it is. What they are given
 * is not written, but must be what SQLite makes of the others.
 *
 * SPDX-License-Identifier: MIT
 */
#include "resource/write.h"
#include "store/catalog/catalog.h"
#include "store/db/db.h"
#include "store/db/statement.h"

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

bool write_take_generated(struct call *call, struct write *w)
{
    struct assignment *set;
    struct value *values;
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
    w->generated_column = call->table->columns[set[0].column].name.data;
    return plan_select_generated(&call->arena, call->table, &call->tree, set, values, n,
                                 &w->generated, &call->error);
}

bool write_check_generated(struct call *call, struct db *db, struct write *w)
{
    const struct plan *plan = &w->generated;
    enum step step = STEP_FAILED;
    struct statement *st;

    if (!plan->sql.len || w->affected == 0)
        return true;
    st = statement_get(db, plan->sql, &call->error);
    if (st && statement_bind(st, plan->values, plan->n_values, &call->error))
        step = statement_step(st, &call->error);
    statement_release(st);
    if (step != STEP_DONE)
        return step == STEP_ROW;
    error_column(&call->error, w->generated_column);
    error_set(&call->error, ERROR_GENERATED, "column \"%s\" can only be updated to DEFAULT",
              w->generated_column);
    error_details(&call->error, "Column \"%s\" is a generated column.", w->generated_column);
    return error_hint(
        &call->error,
        "The database computes it: leave it out, or send what it is with the others.");
}
