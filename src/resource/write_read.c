/*
 * The rows of a write, read on the writer's thread before they go or when triggers have run.
 *
 * SPDX-License-Identifier: MIT
 */
#include "resource/write.h"
#include "store/catalog/catalog.h"

/* ---- before they are written */

/* A row for READ_GONE: whether it is shown is known when the rows are gone. */
static enum row_verdict take_piece(void *context, const struct row *row, struct error *e)
{
    struct call *call = context;
    struct write *w = call->state;

    sink_alone(&w->sink, &w->pieces, row);
    buf_add(&w->ends, &w->pieces.len, sizeof w->pieces.len);
    if (!w->pieces.failed && !w->ends.failed)
        return ROW_MORE;
    error_set(e, ERROR_ANSWER_TOO_LARGE, "the answer does not fit");
    error_hint(e, "Use Prefer: return=minimal.");
    return ROW_FAILED;
}

static enum row_verdict take_shown(void *context, const struct row *row, struct error *e)
{
    struct call *call = context;
    struct write *w = call->state;
    (void)e;

    write_row(w, row);
    return ROW_MORE;
}

/* ---- when they are written */

static void show_piece(struct write *w, size_t nth)
{
    size_t bounds[2] = {0, 0}; /* where it begins and ends */

    if (nth > 0)
        memcpy(bounds, w->ends.data + (nth - 1) * sizeof *bounds, sizeof bounds);
    else
        memcpy(&bounds[1], w->ends.data, sizeof *bounds);
    sink_piece(&w->sink, slice_make(w->pieces.data + bounds[0], bounds[1] - bounds[0]));
}

/* Shows the rows that were read before, up to the nth. */
static void show_pieces(struct write *w, size_t end)
{
    for (; w->next_piece < end; w->next_piece++)
        show_piece(w, w->next_piece);
}

/* The number of a row that is there yet: it is left out. */
static enum row_verdict take_present(void *context, const struct row *row, struct error *e)
{
    struct call *call = context;
    struct write *w = call->state;
    size_t there = (size_t)row_integer(row, 0) - 1;
    (void)e;

    show_pieces(w, there);
    w->next_piece = there + 1;
    return ROW_MORE;
}

static bool show_rest(void *context, const struct operation *op, struct error *e)
{
    struct call *call = context;
    struct write *w = call->state;
    (void)op, (void)e;

    show_pieces(w, w->ends.len / sizeof(size_t));
    return true;
}

/* A value of the row that outlives it. */
static bool keep_value(struct call *call, const struct row *row, size_t column, struct value *out)
{
    char *copy;

    *out = row_value(row, column);
    if (out->type != VALUE_TEXT && out->type != VALUE_BLOB)
        return true;
    struct slice bytes = out->as.bytes;
    copy = arena_copy(&call->arena, bytes);
    out->as.bytes = slice_make(copy, bytes.len);
    if (copy)
        return true;
    return error_set(&call->error, ERROR_MEMORY, "out of memory");
}

/* The key of the one row that was made, as it is now. */
static bool take_key(struct call *call, struct write *w, const struct row *row)
{
    const struct plan *plan = &w->select;

    for (size_t i = 0; i < plan->n_cursor; i++) {
        if (!keep_value(call, row, plan->cursor_at + i, &w->key[i]))
            return false;
    }
    w->has_key = w->has_key || plan->n_cursor > 0;
    return true;
}

/* The rows as they are now: a trigger may have taken one away again. */
static enum row_verdict take_written(void *context, const struct row *row, struct error *e)
{
    struct call *call = context;
    struct write *w = call->state;
    (void)e;

    if (!take_key(call, w, row))
        return ROW_FAILED;
    if (w->answer != ANSWER_NOTHING)
        write_row(w, row);
    return ROW_MORE;
}

/* ---- the plans */

/* What reads the row as a GET of the same target would answer it. */
static bool plan_row(struct call *call, struct plan *out)
{
    const struct plan_source source = {call->table, NULL};
    struct plan_options options = call->options;

    options.one_row = true;
    return plan_select(&call->arena, &source, &call->tree, &options, out, &call->error);
}

/* What reads the rows that were made or changed. */
static bool plan_select_rows(struct call *call, struct write *w)
{
    const struct plan_keys keys = {
        .list = operation_keys_value(w->keys),
        .may_repeat = w->body.n_rows > 1, /* one row twice, or a rowid that is free again */
    };
    bool again = w->readback == READ_AGAIN;
    bool key_is_made = call->table->rowid_alias < 0 && !write_key_is_given(call, w);
    const struct plan_written which = {
        .table = call->table,
        .tree = w->answer == ANSWER_NOTHING ? NULL : &call->tree,
        .keys = again ? &keys : NULL,
        .with_key = write_names_key(call, w) && (again || key_is_made),
    };

    if (!again && w->kind == WRITE_UPDATE)
        return plan_row(call, &w->select);
    return plan_select_written(&call->arena, &which, &call->options, &w->select, &call->error);
}

static bool plan_after(struct call *call, struct write *w)
{
    struct operation *op;

    if (!plan_select_rows(call, w))
        return false;
    op = write_add(call, w, PART_AFTER, &w->select);
    if (!op)
        return false;
    op->after = w->parts[PART_CHANGE];
    op->reads_made = w->select.n_trailing > 0;
    op->sink = take_written;
    if (w->readback == READ_KNOWN && write_must_be_seen(call, w))
        op->judge = write_judge_seen;
    return true;
}

static bool plan_before(struct call *call, struct write *w)
{
    bool gone = w->readback == READ_GONE;
    struct operation *op;

    if (!plan_select_before(&call->arena, call->table, &call->tree, &call->options, gone,
                            &w->select, &call->error))
        return false;
    if (w->select.n_cursor == 0) /* of groups no row can be told apart */
        w->readback = READ_BEFORE;
    op = write_add(call, w, PART_BEFORE, &w->select);
    if (!op)
        return false;
    if (w->readback == READ_BEFORE) {
        op->sink = take_shown;
    } else {
        op->sink = take_piece;
        op->keys = w->keys;
        op->keys_at = w->select.cursor_at;
    }
    return true;
}

/* Which of the rows that were read are there yet. */
static bool plan_present(struct call *call, struct write *w)
{
    const struct plan_keys keys = {.list = operation_keys_value(w->keys)};
    struct operation *op;
    struct plan present;

    if (!plan_select_present(&call->arena, call->table, &keys, &present, &call->error))
        return false;
    op = write_add(call, w, PART_AFTER, &present);
    if (!op)
        return false;
    op->sink = take_present;
    op->judge = show_rest;
    return true;
}

bool write_plan_reading(struct call *call, struct write *w)
{
    if (w->upload) /* what tells its rows apart is not kept to the end */
        return true;
    switch (w->readback) {
    case READ_NOTHING:
    case READ_COUNTED:
    case READ_RETURNED: break;
    case READ_KNOWN:
    case READ_AGAIN: return plan_after(call, w);
    case READ_BEFORE:
    case READ_GONE:
        return plan_before(call, w) && (w->readback == READ_BEFORE || plan_present(call, w));
    }
    return true;
}
