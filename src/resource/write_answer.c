/*
 * The answer of a write: its rows in the reply, Location, the preferences that were followed.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/text.h"
#include "query/json_out.h"
#include "query/rights.h"
#include "resource/precondition.h"
#include "resource/target.h"
#include "resource/upload.h"
#include "resource/write.h"
#include "store/catalog/catalog.h"

/* What stands alone is no array. */
static enum media media_of(const struct call *call, const struct write *w)
{
    if (w->answer != ANSWER_ROWS && call->media == MEDIA_JSON)
        return MEDIA_OBJECT;
    return call->media;
}

void write_begin(struct call *call, struct write *w)
{
    const struct shape *shape = w->readback == READ_RETURNED ? &w->plan.shape : &w->select.shape;

    w->sink = (struct sink){.out = &call->reply, .media = media_of(call, w), .shape = shape};
    if (w->answer != ANSWER_NOTHING)
        sink_begin(&w->sink);
}

void write_row(struct write *w, const struct row *row)
{
    sink_row(&w->sink, row);
}

void write_end(struct write *w)
{
    if (w->answer != ANSWER_NOTHING)
        sink_end(&w->sink);
}

/* The key's values as the body gave them. */
static void key_from_body(const struct call *call, struct write *w)
{
    if (w->has_key || w->readback == READ_AGAIN || !write_key_is_given(call, w))
        return;
    for (size_t i = 0; i < call->table->n_key; i++)
        w->key[i] = w->body.values[body_column(&w->body, call->table->key[i])];
    w->has_key = true;
}

static bool add_key_value(struct buf *b, const struct value *v)
{
    struct buf text;

    switch (v->type) {
    case VALUE_INTEGER: buf_add_int64(b, v->as.integer); return true;
    case VALUE_REAL: json_out_real(b, v->as.real); return true;
    case VALUE_TEXT: text_percent_encode(b, v->as.bytes); return true;
    case VALUE_BLOB:
        buf_init(&text, v->as.bytes.len * 2 + 4);
        text_base64_encode(&text, v->as.bytes);
        text_percent_encode(b, buf_slice(&text));
        buf_finish(&text);
        return true;
    case VALUE_SHAPE:
    case VALUE_NULL: break;
    }
    return false; /* a key with NULL in it has no path */
}

/* Location: {base}/{table}/{key},{key} */
static void set_location(struct call *call, struct write *w)
{
    struct buf b;
    bool ok = true;

    if (write_may_be_unseen(call, w) && w->sink.rows == 0)
        return;
    key_from_body(call, w);
    if (!w->has_key || w->has_rival)
        return;
    buf_init(&b, call->service->max_url);
    buf_add_text(&b, call->service->base_path);
    buf_add_char(&b, '/');
    text_percent_encode(&b, call->table->name);
    for (size_t i = 0; i < call->table->n_key && ok; i++) {
        buf_add_char(&b, i ? ',' : '/');
        ok = add_key_value(&b, &w->key[i]);
    }
    if (ok && !b.failed)
        call->location = arena_copy(&call->arena, buf_slice(&b));
    buf_finish(&b);
}

/* A change of many says how many there were, if asked to. */
static bool counts(const struct call *call, const struct write *w)
{
    return call->prefer.count != PREFER_COUNT_NONE && !w->one_row;
}

void write_applied(struct call *call, const struct write *w)
{
    unsigned follows = PREFER_FOLLOWS_RETURN;

    if (w->kind == WRITE_INSERT && (call->table->n_key || call->tree.on_conflict))
        follows |= PREFER_FOLLOWS_RESOLUTION;
    if (w->kind == WRITE_INSERT || w->kind == WRITE_UPDATE)
        follows |= PREFER_FOLLOWS_MISSING;
    follows |= PREFER_FOLLOWS_AFFECTED;
    if (counts(call, w))
        follows |= PREFER_FOLLOWS_COUNT;
    if (call->service->allow_tx)
        follows |= PREFER_FOLLOWS_TX;
    target_applied(call, follows);
}

/* A row that SQL ignored (RAISE(IGNORE), UNIQUE ON CONFLICT IGNORE) or that a trigger took away again
 * leaves no object to answer with. */
static enum outcome outcome_of(const struct write *w)
{
    bool creates = w->kind == WRITE_INSERT || w->kind == WRITE_REPLACE;
    bool asked = w->conflict == CONFLICT_IGNORED; /* …for it: 201 as for any POST, in PostgREST */

    if (w->answer == ANSWER_OBJECT && w->sink.rows == 0 && !asked && (!creates || w->affected == 0))
        return OUTCOME_NO_CONTENT;
    if (creates && (!write_may_meet(w) || w->parts[PART_CHANGE]->change->created > 0))
        return OUTCOME_CREATED;
    if (w->kind == WRITE_INSERT)
        return OUTCOME_OK; /* every row was there already: updated */
    if (w->answer == ANSWER_NOTHING)
        return OUTCOME_NO_CONTENT;
    return OUTCOME_OK;
}

enum progress write_answer(struct call *call)
{
    struct write *w = call->state;
    enum outcome outcome = outcome_of(w);

    if (error_is_set(&call->error)) {
        body_name_line(call);
        if (rights_are_of_role(call->table))
            rights_veil(call->table, &call->error);
        return call_fail(call);
    }
    write_applied(call, w);
    if (outcome == OUTCOME_CREATED && !w->body.is_array && w->affected > 0)
        set_location(call, w);
    if (w->kind == WRITE_INSERT)
        target_range(call, 0, 0, counts(call, w) ? (int64_t)w->affected : -1);
    if (!w->one_row && w->kind != WRITE_INSERT)
        target_range(call, 0, w->kind == WRITE_DELETE ? 0 : (int64_t)w->affected,
                     counts(call, w) ? (int64_t)w->affected : -1);
    if (upload_tells(w->upload))
        return upload_answer(call, w);
    if (w->answer == ANSWER_NOTHING || outcome == OUTCOME_NO_CONTENT ||
        (w->answer == ANSWER_OBJECT && w->sink.rows == 0)) {
        call->outcome = outcome;
        return CALL_DONE;
    }
    (void)target_reply(call, outcome);
    if (w->answer == ANSWER_OBJECT && call->media == MEDIA_JSON && call->query.len == 0)
        call->tag = precondition_tag(buf_slice(&call->reply), slice_from(""));
    return CALL_DONE;
}
