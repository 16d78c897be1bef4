/*
 * A write on the writer's thread: what is around its operations. The list may be run again from the
 * start, so it begins by forgetting.
 *
 * SPDX-License-Identifier: MIT
 */
#include "resource/target.h"
#include "resource/write.h"
#include "store/catalog/catalog.h"

static void begin(void *context)
{
    struct call *call = context;
    struct write *w = call->state;

    buf_clear(&call->reply);
    buf_clear(&w->pieces);
    buf_clear(&w->ends);
    w->affected = w->sink.rows = w->next_piece = 0;
    w->has_key = w->has_rival = false;
    write_forget_stored_key(w);
    if (!w->parts[PART_CURRENT])
        write_begin(call, w);
}

/* How many rows were written. */
static size_t count_affected(struct call *call, const struct write *w)
{
    const struct operation *op = w->parts[PART_CHANGE];
    bool before = w->readback == READ_BEFORE && !plan_needs_select(call->table, &call->tree);

    if (before || w->readback == READ_GONE)
        return w->sink.rows; /* also those that others took with them */
    if (write_returning(call, w) == RETURNING_NOTHING)
        return op->changed;
    return op->n_given;
}

/* The key of an inserted row that is what SQLite calls it, which no trigger has changed. */
static void take_made_key(const struct call *call, struct write *w)
{
    if (w->readback == READ_AGAIN || w->kind != WRITE_INSERT || call->table->rowid_alias < 0 ||
        !w->affected)
        return;
    if (!write_names_key(call, w))
        return;
    w->key[0] = value_integer(w->parts[PART_CHANGE]->change->last_made);
    w->has_key = true;
}

static bool end(void *context, struct error *e)
{
    struct call *call = context;
    struct write *w = call->state;
    (void)e;

    w->affected = count_affected(call, w);
    take_made_key(call, w);
    write_end(w);
    return write_check_outcome(call, w);
}

/* True if the job fails by its one statement or, but for rare cases, not at all. */
static bool is_single(const struct call *call, const struct write *w)
{
    return w->body.n_rows == 1 && !call->table->has_triggers &&
           (w->one_row || w->kind == WRITE_INSERT ||
            (call->media != MEDIA_OBJECT && !prefer_limits_affected(&call->prefer)));
}

enum progress write_submit(struct call *call, struct write *w)
{
    if (media_is_plan(call))
        return target_answer_plan(call, &w->plan);
    w->work.begin = begin;
    w->work.end = end;
    w->work.context = call;
    call->job.single = is_single(call, w);
    call->job.is_long = call->spool != NULL;
    if (!call->job.is_long) /* one row of the same shape is not slow for it */
        call->job.shape = w->plan.sql;
    return call_submit(call, &w->work, write_answer);
}
