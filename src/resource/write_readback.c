/*
 * How the rows of a write come back: what was written is what is answered, whatever triggers,
 * defaults and foreign keys made of it, and at the least cost.
 *
 * SPDX-License-Identifier: MIT
 */
#include "query/rights.h"
#include "resource/write.h"
#include "store/catalog/catalog.h"

bool write_key_is_given(const struct call *call, const struct write *w)
{
    for (size_t i = 0; i < call->table->n_key; i++) {
        if (body_column(&w->body, call->table->key[i]) < 0)
            return false;
    }
    return call->table->n_key > 0;
}

bool write_names_key(const struct call *call, const struct write *w)
{
    bool makes = w->kind == WRITE_INSERT || w->kind == WRITE_REPLACE;

    if (write_may_be_unseen(call, w) && w->answer == ANSWER_NOTHING)
        return false;
    return makes && !w->body.is_array && call->table->n_key > 0;
}

/* True if the path names the row's key, and the body leaves it as it is. */
static bool keeps_key(const struct call *call, const struct write *w)
{
    for (size_t i = 0; i < call->table->n_key; i++) {
        if (body_column(&w->body, call->table->key[i]) >= 0)
            return false;
    }
    return w->one_row && w->kind == WRITE_UPDATE;
}

/* True if a new value of a column that others refer to changes their rows, which may be rows of this
 * table, or have triggers that change some. */
static bool moves_children(const struct call *call, const struct write *w)
{
    const struct table *t = call->table;

    for (size_t k = 0; w->conflict != CONFLICT_FAILS && k < t->n_referring; k++) {
        if (t->referring[k]->follows)
            return true;
    }
    for (size_t k = 0; w->kind == WRITE_UPDATE && k < t->n_referring; k++) {
        const struct foreign_key *key = t->referring[k];

        for (size_t i = 0; key->follows && i < key->n_columns; i++) {
            if (body_column(&w->body, key->parent_columns[i]) >= 0)
                return true;
        }
    }
    return false;
}

/* True if the order of the rows in the answer is asked for, and there may be several. */
static bool is_ordered(const struct call *call, const struct write *w)
{
    bool several = w->body.is_array || (!w->one_row && w->kind != WRITE_INSERT);

    return several && call->tree.root.order;
}

static bool refuse(struct call *call, const char *what)
{
    error_set(&call->error, ERROR_UNSUPPORTED, "%s of rows of %.*s that are written", what,
              SLICE_ARG(call->table->name));
    return error_hint(&call->error,
                      "Its rows cannot be told apart, as it has no key: leave it out, or "
                      "use Prefer: return=minimal.");
}

/*
 * RETURNING gives what a view's trigger was given, not what it made of it: the row is read from the
 * view, if it has a key to find it by.
 */
static enum readback of_view(const struct call *call, const struct write *w)
{
    if (w->answer == ANSWER_NOTHING && !(write_names_key(call, w) && call->table->n_key))
        return READ_COUNTED;
    if (plan_identity_width(call->table))
        return READ_AGAIN;
    return READ_RETURNED;
}

/*
 * RETURNING takes its rows through a table of its own, made and dropped each time: the one row that a
 * plain insert makes is found faster by its rowid, one that a path names by its key. It shows a row as
 * it was before AFTER triggers and foreign keys changed it (sqlite.org/lang_returning.html §3), and in
 * no order.
 */
static enum readback of_table(const struct call *call, const struct write *w)
{
    const struct table *t = call->table;
    bool shows = w->answer != ANSWER_NOTHING;
    bool moved = t->has_triggers || moves_children(call, w);
    bool one = w->kind == WRITE_INSERT && w->conflict == CONFLICT_FAILS && !w->body.is_array;
    bool key_unknown =
        write_names_key(call, w) && t->rowid_alias < 0 && !write_key_is_given(call, w);
    bool twice = w->body.n_rows > 1 && w->conflict == CONFLICT_MERGED; /* one row, perhaps */
    bool related = shows && plan_needs_select(t, &call->tree);

    if (!shows && !key_unknown && !(moved && write_names_key(call, w)))
        return READ_NOTHING;
    if (!moved && ((one && t->rowid) || (shows && keeps_key(call, w))))
        return READ_KNOWN;
    if (plan_identity_width(t) == 0)
        return shows ? READ_RETURNED : READ_NOTHING;
    if (!shows || moved || related || twice || is_ordered(call, w))
        return READ_AGAIN;
    return READ_RETURNED;
}

/* A role is shown what it sees of the table, which RETURNING does not know. */
static enum readback for_role(const struct call *call, const struct write *w)
{
    const struct table *t = call->table;
    bool seen = w->answer != ANSWER_NOTHING || write_must_be_seen(call, w);
    bool moved = t->has_triggers || moves_children(call, w);
    bool one = w->kind == WRITE_INSERT && w->conflict == CONFLICT_FAILS && !w->body.is_array;
    bool key_unknown =
        write_names_key(call, w) && t->rowid_alias < 0 && !write_key_is_given(call, w);

    if (!seen && !key_unknown && !(moved && write_names_key(call, w)))
        return READ_NOTHING;
    if (!moved && ((one && t->rowid) || (seen && keeps_key(call, w))))
        return READ_KNOWN;
    if (plan_identity_width(t) == 0)
        return seen ? READ_RETURNED : READ_NOTHING;
    return READ_AGAIN;
}

/* True if one of the rows may take another with it, which RETURNING then leaves out. */
static bool takes_others(const struct table *t)
{
    for (size_t k = 0; k < t->n_referring; k++) {
        if (t->referring[k]->child == t && !t->referring[k]->restricts)
            return true;
    }
    return false;
}

static enum readback of_delete(const struct call *call, const struct write *w)
{
    const struct table *t = call->table;
    bool related = plan_needs_select(t, &call->tree);

    if (w->answer == ANSWER_NOTHING)
        return t->kind == TABLE_TABLE ? READ_NOTHING : READ_COUNTED;
    if (!rights_are_of_role(t) && !related && !is_ordered(call, w) && !takes_others(t))
        return READ_RETURNED;
    return t->has_triggers && plan_identity_width(t) ? READ_GONE : READ_BEFORE;
}

static enum readback readback_of(const struct call *call, const struct write *w)
{
    if (w->kind == WRITE_DELETE)
        return of_delete(call, w);
    if (call->table->kind != TABLE_TABLE)
        return of_view(call, w);
    if (rights_are_of_role(call->table))
        return for_role(call, w);
    return of_table(call, w);
}

/* Rows that cannot be told apart cannot be looked for among those that a role sees. */
static bool check_seen(struct call *call, const struct write *w)
{
    if (w->readback != READ_RETURNED || !write_must_be_seen(call, w))
        return true;
    return rights_refuse(call->table, &call->error);
}

bool write_choose_readback(struct call *call, struct write *w)
{
    bool again;

    w->readback = readback_of(call, w);
    if (!check_seen(call, w))
        return false;
    again = w->readback != READ_RETURNED || w->answer == ANSWER_NOTHING;
    if (!again && plan_needs_select(call->table, &call->tree))
        return refuse(call, "related resources");
    return again || !is_ordered(call, w) || refuse(call, "the order");
}

enum returning write_returning(const struct call *call, const struct write *w)
{
    switch (w->readback) {
    case READ_COUNTED: return RETURNING_ONE;
    case READ_RETURNED: return RETURNING_SELECT;
    case READ_AGAIN: return RETURNING_IDENTITY;
    case READ_BEFORE:
    case READ_GONE: return call->table->kind == TABLE_TABLE ? RETURNING_NOTHING : RETURNING_ONE;
    case READ_NOTHING:
    case READ_KNOWN: break;
    }
    return RETURNING_NOTHING;
}
