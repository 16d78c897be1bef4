/* SPDX-License-Identifier: MIT */
#include "store/run/operation_row.h"

#include <assert.h>

#include "store/db/db.h"
#include "store/db/identity.h"
#include "store/db/keys.h"
#include "store/db/statement.h"

bool operation_first_row(struct operation *op, struct error *e)
{
    op->run = SIZE_MAX; /* the first one's number comes after it */
    if (!op->source)
        return true;
    return op->source->rewind(op->source->context, e);
}

enum source_step operation_next_row(struct operation *op, struct error *e)
{
    op->run++;
    if (op->source)
        return op->source->next(op->source->context, &op->row, e);
    if (op->run == op->n_rows)
        return SOURCE_END;
    if (op->width)
        op->row = op->rows + op->run * op->width;
    return SOURCE_ROW;
}

/* The row's values, the query's own, and what the row is called that an operation before made. */
static bool bind_run(const struct operation *op, struct statement *st, const struct query *query,
                     struct error *e)
{
    const struct value *row = operation_row(op);
    size_t n = row ? op->width : 0;

    if (!statement_bind_more(st, 0, row, n, e) ||
        !statement_bind_more(st, n, query->values, query->n_values, e))
        return false;
    n += query->n_values;
    if (op->reads_made) {
        const struct value made = value_integer(op->after->change->last_made);

        if (!statement_bind_more(st, n++, &made, 1, e))
            return false;
    }
    assert(n == statement_parameters(st));
    return true;
}

enum row_verdict operation_take_row(struct operation *op, struct db *db, const struct row *row,
                                    struct error *e)
{
    enum row_verdict verdict = op->sink ? op->sink(op->context, row, e) : ROW_MORE;
    (void)db;

    if (verdict == ROW_FAILED || !op->keys)
        return verdict;
    return keys_add(op->keys, row, op->keys_at, e) ? verdict : ROW_FAILED;
}

/* Steps a bound statement until it has no more rows, or no more are wanted. */
static enum operation_run take_rows(struct operation *op, struct db *db, struct statement *st,
                                    operation_take *take, struct error *e)
{
    enum row_verdict verdict = ROW_MORE;
    enum step step = STEP_DONE;

    while (verdict == ROW_MORE && (step = statement_step(st, e)) == STEP_ROW) {
        op->n_given++;
        op->n_found++;
        verdict = take(op, db, statement_row(st), e);
    }
    if (verdict == ROW_FAILED)
        return OPERATION_REFUSED;
    return step == STEP_FAILED ? OPERATION_FAILED : OPERATION_DONE;
}

enum operation_run operation_run_row(struct operation *op, struct db *db, struct statement *st,
                                     const struct query *query, operation_take *take,
                                     struct error *e)
{
    enum operation_run run = OPERATION_FAILED;

    op->n_found = 0;
    if (bind_run(op, st, query, e))
        run = take_rows(op, db, st, take, e);
    if (run == OPERATION_REFUSED)
        return run;
    statement_reset(st);
    if (run == OPERATION_FAILED)
        return run;
    if (!statement_reads_only(st))
        op->changed += (size_t)db_changes(db);
    return op->judge && !op->judge(op->context, op, e) ? OPERATION_REFUSED : OPERATION_DONE;
}

bool operation_run_rows(struct operation *op, struct db *db, struct error *e)
{
    struct statement *st = statement_get(db, op->query.sql, e);
    enum source_step step = SOURCE_ROW;
    bool ok = st && operation_first_row(op, e);

    while (ok && (step = operation_next_row(op, e)) == SOURCE_ROW)
        ok = operation_run_row(op, db, st, &op->query, operation_take_row, e) == OPERATION_DONE;
    statement_release(st);
    return ok && step == SOURCE_END;
}

bool operation_run_as_owner(struct operation *op, struct db *db, struct error *e)
{
    bool before = db_as_owner(db, true);
    bool ok = operation_run_rows(op, db, e);

    db_as_owner(db, before);
    return ok;
}
