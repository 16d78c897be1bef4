/*
 * Values that do not fit their column's type and are there already, as SQLite allows: what was read can
 * be written back.
 *
 * SPDX-License-Identifier: MIT
 */
#include "resource/write.h"
#include "store/catalog/catalog.h"
#include "store/db/db.h"
#include "store/db/statement.h"

bool write_plan_misfits(struct call *call, struct write *w)
{
    int *columns;
    size_t n = 0;

    if (!w->body.misfits)
        return true;
    columns = arena_alloc(&call->arena, w->body.n_set * sizeof *columns);
    if (!columns)
        return error_set(&call->error, ERROR_MEMORY, "out of memory");
    for (const struct misfit *m = w->body.misfits; m; m = m->next)
        columns[n++] = m->column;
    return plan_select_columns(&call->arena, call->table, columns, n, &call->tree, &w->misfits,
                               &call->error);
}

/* Takes the value in the storage class in which a row holds it; false if the row holds another, or an
 * earlier row the same in another class. */
static bool take_stored(const struct call *call, struct write *w, const struct misfit *m,
                        const struct value *stored, bool first)
{
    struct value *value = &w->body.values[body_column(&w->body, m->column)];
    const struct value before = *value;

    if (!literal_is(&call->table->columns[m->column], &m->literal, stored))
        return false;
    *value = m->literal.values[0];
    for (size_t i = 1; i < m->literal.n; i++) {
        if (stored->type == m->literal.values[i].type)
            *value = m->literal.values[i];
    }
    return first || value->type == before.type;
}

bool write_check_misfits(struct call *call, struct db *db, struct write *w)
{
    const struct plan *plan = &w->misfits;
    const struct misfit *wrong = w->body.misfits;
    enum step step = STEP_FAILED;
    struct statement *st;
    size_t rows = 0;

    if (!wrong)
        return true;
    st = statement_get(db, plan->sql, &call->error);
    if (!st || !statement_bind(st, plan->values, plan->n_values, &call->error)) {
        statement_release(st);
        return false;
    }
    for (; (step = statement_step(st, &call->error)) == STEP_ROW; rows++) {
        int at = 0;

        for (wrong = w->body.misfits; wrong; wrong = wrong->next) {
            const struct value stored = statement_value(st, at++);

            if (!take_stored(call, w, wrong, &stored, rows == 0))
                break;
        }
        if (wrong)
            break;
    }
    statement_release(st);
    if (step != STEP_FAILED && wrong)
        call->error = wrong->error;
    return step == STEP_DONE && !wrong;
}
