/*
 * Values that do not fit their column's type and are there already, as SQLite allows: what was read can
 * be written back, by a change of the row and by an upsert that meets it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "resource/write.h"
#include "store/catalog/catalog.h"
#include "store/db/db.h"
#include "store/db/statement.h"

/* The columns in which something does not fit, each once: n of them. False with the error. */
static bool gather_columns(struct call *call, struct write *w, size_t *n)
{
    size_t width = call->table->n_columns;
    bool *seen = arena_zeroed(&call->arena, width, sizeof *seen);

    *n = 0;
    w->misfit_columns = arena_alloc(&call->arena, width * sizeof *w->misfit_columns);
    if (!seen || !w->misfit_columns)
        return error_set(&call->error, ERROR_MEMORY, "out of memory");
    for (const struct misfit *m = w->body.misfits; m; m = m->next) {
        if (!seen[m->column])
            w->misfit_columns[(*n)++] = m->column;
        seen[m->column] = true;
    }
    return true;
}

/* True if a row of the body may meet one that is there. */
static bool may_meet(const struct write *w)
{
    for (size_t i = 0; i < w->n_target; i++) {
        if (body_column(&w->body, w->target[i]) < 0)
            return false;
    }
    return w->conflict != CONFLICT_FAILS;
}

bool write_plan_misfits(struct call *call, struct write *w)
{
    const struct insert insert = {
        .target = w->target, .n_target = w->n_target, .where = w->target_where};
    size_t n;

    if (!w->body.misfits)
        return true;
    if (w->kind == WRITE_INSERT && !may_meet(w))
        return body_refuse_misfit(call, &w->body, w->body.misfits);
    if (!gather_columns(call, w, &n))
        return false;
    if (w->kind != WRITE_INSERT)
        return plan_select_columns(&call->arena, call->table, w->misfit_columns, n, &call->tree,
                                   &w->misfits, &call->error);
    w->met_key = arena_alloc(&call->arena, w->n_target * LITERAL_VALUES * sizeof *w->met_key);
    if (!w->met_key)
        return error_set(&call->error, ERROR_MEMORY, "out of memory");
    return plan_select_met(&call->arena, call->table, w->misfit_columns, n, &insert, &w->misfits,
                           &call->error);
}

/* The column's misfit in the row of the body whose first is `m`, or NULL. */
static const struct misfit *find_misfit(const struct misfit *m, int column)
{
    const size_t row = m->row;

    while (m && m->row == row && m->column != column)
        m = m->next;
    return m && m->row == row ? m : NULL;
}

/* What the columns of the key of a row of the body may be. */
static bool bind_key(struct call *call, struct write *w, struct statement *st,
                     const struct misfit *first)
{
    const struct value *row = w->body.values + first->row * w->body.n_set;

    for (size_t i = 0; i < w->n_target; i++) {
        const struct misfit *m = find_misfit(first, w->target[i]);
        const struct value *given = &row[body_column(&w->body, w->target[i])];

        for (size_t k = 0; k < LITERAL_VALUES; k++) {
            bool more = m && k < m->literal.n;

            w->met_key[i * LITERAL_VALUES + k] = more ? m->literal.values[k] : *given;
        }
    }
    return statement_bind(st, w->met_key, w->n_target * LITERAL_VALUES, &call->error);
}

static bool bind_rows(struct call *call, struct write *w, struct statement *st,
                      const struct misfit *first)
{
    if (w->met_key)
        return bind_key(call, w, st, first);
    return statement_bind(st, w->misfits.values, w->misfits.n_values, &call->error);
}

/* Takes the value in the storage class in which a row holds it; false if the row holds another, or an
 * earlier row the same in another class. */
static bool take_stored(const struct call *call, struct write *w, const struct misfit *m,
                        struct statement *st, bool first)
{
    struct value *value =
        &w->body.values[m->row * w->body.n_set + (size_t)body_column(&w->body, m->column)];
    const struct value before = *value;
    struct value stored;
    int at = 0;

    while (w->misfit_columns[at] != m->column)
        at++;
    stored = statement_value(st, at);
    if (!literal_is(&call->table->columns[m->column], &m->literal, &stored))
        return false;
    *value = m->literal.values[0];
    for (size_t i = 1; i < m->literal.n; i++) {
        if (stored.type == m->literal.values[i].type)
            *value = m->literal.values[i];
    }
    return first || value->type == before.type;
}

/* Looks at what is there for the row of the body whose first misfit this is: NULL if it holds them all,
 * else one that it does not; the first if nothing is there. */
static const struct misfit *find_wrong(struct call *call, struct write *w, struct statement *st,
                                       const struct misfit *first)
{
    const struct misfit *wrong = first, *m;
    bool first_row = true;

    while (statement_step(st, &call->error) == STEP_ROW) {
        for (m = first; m && m->row == first->row; m = m->next) {
            if (!take_stored(call, w, m, st, first_row))
                return m;
        }
        wrong = NULL;
        first_row = false;
    }
    return wrong;
}

static const struct misfit *next_row(const struct misfit *m)
{
    const size_t row = m->row;

    while (m && m->row == row)
        m = m->next;
    return m;
}

bool write_check_misfits(struct call *call, struct db *db, struct write *w)
{
    const struct misfit *m = w->body.misfits, *wrong = NULL;
    struct statement *st;

    if (!m)
        return true;
    st = statement_get(db, w->misfits.sql, &call->error);
    for (; st && m && !wrong && !error_is_set(&call->error); m = next_row(m)) {
        if (bind_rows(call, w, st, m))
            wrong = find_wrong(call, w, st, m);
        statement_reset(st);
    }
    statement_release(st);
    if (!error_is_set(&call->error) && wrong)
        return body_refuse_misfit(call, &w->body, wrong);
    return !error_is_set(&call->error);
}
