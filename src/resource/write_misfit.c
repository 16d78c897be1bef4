/*
 * Values that do not fit their column's type and are there already, as SQLite allows: what was read can
 * be written back, by a change of the row and by an upsert that meets it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "resource/write.h"
#include "store/catalog/catalog.h"

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

static const struct misfit *next_row(const struct misfit *m)
{
    const size_t row = m->row;

    while (m && m->row == row)
        m = m->next;
    return m;
}

/* The column's misfit in the row of the body whose first is `m`, or NULL. */
static const struct misfit *find_misfit(const struct misfit *m, int column)
{
    const size_t row = m->row;

    while (m && m->row == row && m->column != column)
        m = m->next;
    return m && m->row == row ? m : NULL;
}

/* What the columns of the key of a row of the body may be, for the row whose first misfit this is. */
static void fill_key(const struct write *w, const struct misfit *first, struct value *key)
{
    const struct value *row = w->body.values + first->row * w->body.n_set;

    for (size_t i = 0; i < w->n_target; i++) {
        const struct misfit *m = find_misfit(first, w->target[i]);
        const struct value *given = &row[body_column(&w->body, w->target[i])];

        for (size_t k = 0; k < LITERAL_VALUES; k++) {
            bool more = m && k < m->literal.n;

            key[i * LITERAL_VALUES + k] = more ? m->literal.values[k] : *given;
        }
    }
}

/* Takes the value in the storage class in which a row holds it; false if the row holds another, or an
 * earlier row the same in another class. */
static bool take_stored(const struct call *call, struct write *w, const struct misfit *m,
                        const struct row *row, bool first)
{
    struct value *value =
        &w->body.values[m->row * w->body.n_set + (size_t)body_column(&w->body, m->column)];
    const struct value before = *value;
    struct value stored;
    size_t at = 0;

    while (w->misfit_columns[at] != m->column)
        at++;
    stored = row_value(row, at);
    if (!literal_is(&call->table->columns[m->column], &m->literal, &stored))
        return false;
    *value = m->literal.values[0];
    for (size_t i = 1; i < m->literal.n; i++) {
        if (stored.type == m->literal.values[i].type)
            *value = m->literal.values[i];
    }
    return first || value->type == before.type;
}

/* A row that is there for the row of the body that is looked at: it must hold all misfits of it. */
static enum row_verdict take_row(void *context, const struct row *row, struct error *e)
{
    struct call *call = context;
    struct write *w = call->state;
    const struct operation *op = w->parts[PART_MISFITS];
    const struct misfit *first = w->misfits[op->run];
    (void)e;

    for (const struct misfit *m = first; m && m->row == first->row; m = m->next) {
        if (take_stored(call, w, m, row, op->n_found == 1))
            continue;
        (void)body_refuse_misfit(call, &w->body, m);
        return ROW_FAILED;
    }
    return ROW_MORE;
}

/* Where no row is there, nothing holds them. */
static bool judge_rows(void *context, const struct operation *op, struct error *e)
{
    struct call *call = context;
    struct write *w = call->state;
    (void)e;

    if (op->n_found > 0)
        return true;
    return body_refuse_misfit(call, &w->body, w->misfits[op->run]);
}

/* The first misfit of each row of the body that has one: n of them. False with the error. */
static bool list_rows(struct call *call, struct write *w, size_t *n)
{
    *n = 0;
    for (const struct misfit *m = w->body.misfits; m; m = next_row(m))
        ++*n;
    w->misfits = arena_alloc(&call->arena, *n * sizeof(const struct misfit *));
    if (!w->misfits)
        return error_set(&call->error, ERROR_MEMORY, "out of memory");
    *n = 0;
    for (const struct misfit *m = w->body.misfits; m; m = next_row(m))
        w->misfits[(*n)++] = m;
    return true;
}

/* The look at the rows that the tree's filter finds, for the one row of the body. */
static struct operation *plan_found(struct call *call, struct write *w, size_t n_columns)
{
    struct plan plan;

    if (!plan_select_columns(&call->arena, call->table, w->misfit_columns, n_columns, &call->tree,
                             &plan, &call->error))
        return NULL;
    return write_add(call, w, PART_MISFITS, &plan);
}

/* The look at the row that each of n rows of the body meets. */
static struct operation *plan_met(struct call *call, struct write *w, size_t n_columns, size_t n)
{
    const struct insert insert = {
        .target = w->target, .n_target = w->n_target, .where = w->target_where};
    size_t width = w->n_target * LITERAL_VALUES;
    struct value *keys = arena_alloc(&call->arena, n * width * sizeof *keys);
    struct operation *op;
    struct plan plan;

    if (!keys) {
        error_set(&call->error, ERROR_MEMORY, "out of memory");
        return NULL;
    }
    if (!plan_select_met(&call->arena, call->table, w->misfit_columns, n_columns, &insert, &plan,
                         &call->error))
        return NULL;
    op = write_add(call, w, PART_MISFITS, &plan);
    if (!op)
        return NULL;
    for (size_t i = 0; i < n; i++)
        fill_key(w, w->misfits[i], keys + i * width);
    op->rows = keys;
    op->width = width;
    op->n_rows = n;
    return op;
}

bool write_plan_misfits(struct call *call, struct write *w)
{
    struct operation *op;
    size_t n_columns, n;

    if (!w->body.misfits)
        return true;
    if (w->kind == WRITE_INSERT && !may_meet(w))
        return body_refuse_misfit(call, &w->body, w->body.misfits);
    if (!gather_columns(call, w, &n_columns))
        return false;
    if (!list_rows(call, w, &n))
        return false;
    op = w->kind == WRITE_INSERT ? plan_met(call, w, n_columns, n) : plan_found(call, w, n_columns);
    if (!op)
        return false;
    op->sink = take_row;
    op->judge = judge_rows;
    return true;
}
