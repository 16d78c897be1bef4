/*
 * The rows of a write, read on the writer's thread before they go or when triggers have run.
 *
 * SPDX-License-Identifier: MIT
 */
#include "resource/write.h"
#include "store/catalog/catalog.h"
#include "store/db/db.h"
#include "store/db/statement.h"

/* A value of the current row that outlives it. */
static bool keep_value(struct call *call, struct statement *st, size_t column, struct value *out)
{
    char *copy;

    *out = statement_value(st, (int)column);
    if (out->type != VALUE_TEXT && out->type != VALUE_BLOB)
        return true;
    struct slice bytes = out->as.bytes;
    copy = arena_copy(&call->arena, bytes);
    out->as.bytes = slice_make(copy, bytes.len);
    return copy || error_set(&call->error, ERROR_MEMORY, "out of memory");
}

/* The statement with its values, and the rowid after them if it takes one. */
static struct statement *begin(struct call *call, struct db *db, struct write *w,
                               const struct plan *plan)
{
    struct statement *st = statement_get(db, plan->sql, &call->error);

    if (plan->n_values)
        memcpy(w->bound, plan->values, plan->n_values * sizeof *w->bound);
    if (plan->n_trailing)
        w->bound[plan->n_values] = value_integer(db_last_rowid(db));
    if (st && statement_bind(st, w->bound, plan->n_values + plan->n_trailing, &call->error))
        return st;
    statement_release(st);
    return NULL;
}

/* A row for READ_GONE: whether it is shown is known when the rows are gone. */
static bool keep_piece(struct call *call, struct write *w, struct statement *st)
{
    const struct plan *plan = &w->select;

    media_one(call, &w->pieces, statement_row(st), &plan->shape);
    buf_add(&w->ends, &w->pieces.len, sizeof w->pieces.len);
    if (w->pieces.failed || w->ends.failed) {
        error_set(&call->error, ERROR_ANSWER_TOO_LARGE, "the answer does not fit");
        return error_hint(&call->error, "Use Prefer: return=minimal.");
    }
    return keys_add(&w->keys, st, (int)plan->cursor_at, &call->error);
}

bool write_read_before(struct call *call, struct db *db, struct write *w)
{
    enum step step = STEP_FAILED;
    struct statement *st;

    if (w->readback != READ_BEFORE && w->readback != READ_GONE)
        return true;
    buf_clear(&w->pieces);
    buf_clear(&w->ends);
    st = begin(call, db, w, &w->select);
    while (st && (step = statement_step(st, &call->error)) == STEP_ROW) {
        if (w->readback == READ_BEFORE) {
            write_row(call, w, statement_row(st), &w->select.shape);
        } else if (!keep_piece(call, w, st)) {
            step = STEP_FAILED;
            break;
        }
    }
    statement_release(st);
    return step == STEP_DONE;
}

/* The key of the one row that was made, as it is now. */
static bool take_key(struct call *call, struct write *w, struct statement *st)
{
    const struct plan *plan = &w->select;

    for (size_t i = 0; i < plan->n_cursor; i++) {
        if (!keep_value(call, st, plan->cursor_at + i, &w->key[i]))
            return false;
    }
    w->has_key = w->has_key || plan->n_cursor > 0;
    return true;
}

/* The rows as they are now: a trigger may have taken one away again. */
static bool read_rows(struct call *call, struct db *db, struct write *w)
{
    struct statement *st = begin(call, db, w, &w->select);
    enum step step = STEP_FAILED;

    while (st && (step = statement_step(st, &call->error)) == STEP_ROW) {
        if (!take_key(call, w, st)) {
            step = STEP_FAILED;
            break;
        }
        if (w->answer != ANSWER_NOTHING)
            write_row(call, w, statement_row(st), &w->select.shape);
    }
    statement_release(st);
    return step == STEP_DONE;
}

static void show_piece(struct call *call, struct write *w, size_t nth)
{
    size_t bounds[2] = {0, 0}; /* where it begins and ends */

    if (nth > 0)
        memcpy(bounds, w->ends.data + (nth - 1) * sizeof *bounds, sizeof bounds);
    else
        memcpy(&bounds[1], w->ends.data, sizeof *bounds);
    media_piece(call, slice_make(w->pieces.data + bounds[0], bounds[1] - bounds[0]), w->shown++);
}

/* The rows that were read before, but for those that are there yet. */
static bool show_gone(struct call *call, struct db *db, struct write *w)
{
    struct statement *st = begin(call, db, w, &w->present);
    enum step step = STEP_FAILED;
    size_t next = 0; /* of the list: shown, or left out, up to it */

    while (st && (step = statement_step(st, &call->error)) == STEP_ROW) {
        size_t there = (size_t)statement_integer(st, 0) - 1;

        for (; next < there; next++)
            show_piece(call, w, next);
        next = there + 1;
    }
    statement_release(st);
    for (; step == STEP_DONE && next < w->keys.n; next++)
        show_piece(call, w, next);
    return step == STEP_DONE;
}

bool write_read_after(struct call *call, struct db *db, struct write *w)
{
    if (w->readback == READ_GONE && !show_gone(call, db, w))
        return false;
    if (w->readback == READ_GONE ||
        (w->readback == READ_BEFORE && !plan_needs_select(call->table, &call->tree)))
        w->affected = w->shown; /* also those that others took with them */
    if ((w->readback != READ_KNOWN && w->readback != READ_AGAIN) || w->affected == 0)
        return true;
    return read_rows(call, db, w);
}
