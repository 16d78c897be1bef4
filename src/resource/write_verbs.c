/*
 * POST, PUT, PATCH and DELETE.
 *
 * SPDX-License-Identifier: MIT
 */
#include "query/rights.h"
#include "resource/precondition.h"
#include "resource/target.h"
#include "resource/verbs.h"
#include "resource/write.h"
#include "store/catalog/catalog.h"

enum write_answer write_choose_answer(const struct call *call, bool alone)
{
    switch (call->prefer.returns) {
    case PREFER_RETURN_REPRESENTATION: return ANSWER_ROWS;
    case PREFER_RETURN_DEFAULT:
        if (!alone || call->service->default_minimal)
            return ANSWER_NOTHING;
        return rights_has(call->table, RIGHT_SELECT) ? ANSWER_OBJECT : ANSWER_NOTHING;
    case PREFER_RETURN_MINIMAL:
    case PREFER_RETURN_HEADERS_ONLY: break;
    }
    return ANSWER_NOTHING;
}

enum progress write_plan_and_submit(struct call *call, struct write *w)
{
    if (write_plan(call, w))
        return write_submit(call, w);
    return call_fail(call);
}

static bool contains(const int *list, size_t n, int item)
{
    for (size_t i = 0; i < n; i++) {
        if (list[i] == item)
            return true;
    }
    return false;
}

static bool same_columns(const int *a, size_t n_a, const int *b, size_t n_b)
{
    for (size_t i = 0; i < n_a; i++) {
        if (!contains(b, n_b, a[i]))
            return false;
    }
    return n_a == n_b;
}

/* The unique key of these columns, a whole one before one of some rows; NULL if there is none. */
static const struct unique_key *find_unique(const struct table *t, const int *columns, size_t n)
{
    const struct unique_key *found = NULL;

    for (size_t i = 0; i < t->n_unique; i++) {
        const struct unique_key *key = &t->unique[i];

        if (same_columns(columns, n, key->columns, key->n_columns) && (!found || found->partial))
            found = key;
    }
    return found;
}

/* on_conflict= names the columns of a unique key (42P10 in PostgreSQL if it does not); of a partial
 * one its condition is meant, too. */
static bool check_target(struct call *call, struct write *w, const int *columns, size_t n)
{
    const struct table *t = call->table;
    const struct unique_key *key;

    if (same_columns(columns, n, t->key, t->n_key))
        return true;
    key = find_unique(t, columns, n);
    w->target_where = key && key->partial ? key->where : NULL;
    if (key && (!key->partial || key->where))
        return true;
    error_set(&call->error, ERROR_CONFLICT_TARGET,
              "there is no unique or exclusion constraint matching the ON CONFLICT specification");
    return error_hint(&call->error,
                      "on_conflict names all columns of the primary key or of a "
                      "UNIQUE constraint of %s.",
                      t->name.data);
}

static bool named_target(struct call *call, struct write *w)
{
    size_t n = 0;
    int *columns;

    for (const struct name_item *item = call->tree.on_conflict; item; item = item->next)
        n++;
    columns = arena_alloc(&call->arena, n * sizeof *columns);
    if (!columns)
        return error_set(&call->error, ERROR_MEMORY, "out of memory");
    n = 0;
    for (const struct name_item *item = call->tree.on_conflict; item; item = item->next) {
        int column = table_column(call->table, item->name);

        if (column < 0)
            return body_unknown_column(call, item->name);
        if (!rights_may_read(call->table, column))
            return rights_refuse(call->table, &call->error);
        if (!contains(columns, n, column))
            columns[n++] = column;
    }
    w->target = columns;
    w->n_target = n;
    return check_target(call, w, columns, n);
}

/* It would have a key for the conflict if the role might read it. */
static bool hides_key(const struct table *table)
{
    return table->whole && table->whole->n_key > 0 && table->n_key == 0;
}

/* Prefer: resolution= and on_conflict=, as PostgREST: without a key there is no conflict. */
static bool choose_conflict(struct call *call, struct write *w)
{
    const struct table *t = call->table;

    if (call->prefer.resolution == PREFER_RESOLUTION_NONE)
        return true;
    if (t->kind != TABLE_TABLE) {
        error_set(&call->error, ERROR_UNSUPPORTED, "a view takes no upsert");
        return error_hint(&call->error, "Leave Prefer: resolution out, or write to the table.");
    }
    if (!call->tree.on_conflict && hides_key(t))
        return rights_refuse(t, &call->error);
    w->target = t->key;
    w->n_target = t->n_key;
    if (call->tree.on_conflict && !named_target(call, w))
        return false;
    if (w->n_target && w->body.n_set)
        w->conflict = call->prefer.resolution == PREFER_MERGE ? CONFLICT_MERGED : CONFLICT_IGNORED;
    return true;
}

enum progress list_create(struct call *call)
{
    struct write *w;

    if (!target_list(call))
        return call_fail(call);
    if (!call->table->insertable)
        return target_not_allowed(call, resource_list_methods(call->table));
    w = write_new(call, WRITE_INSERT);
    if (!w)
        return call_fail(call);
    if (!body_parse(call, BODY_CREATE, &w->body))
        return call_fail(call);
    if (!choose_conflict(call, w))
        return call_fail(call);
    w->answer = write_choose_answer(call, !w->body.is_array);
    return write_plan_and_submit(call, w);
}

/* A change of every row must be meant. */
static bool check_filtered(struct call *call)
{
    if (call->tree.root.filter || call->tree.all || call->tree.root.limit >= 0)
        return true;
    error_set(&call->error, ERROR_UNFILTERED, "this would change every row of %s",
              call->table->name.data);
    return error_hint(&call->error, "Add a filter, or ?all=true if that is what you mean.");
}

/* Of which rows a limit leaves the first must be said. */
static bool check_limit(struct call *call)
{
    const struct query_node *root = &call->tree.root;

    if (call->tree.has_cursor)
        return error_set(&call->error, ERROR_UNSUPPORTED, "a cursor does not go with a change");
    if ((root->limit < 0 && root->offset == 0) || root->order)
        return true;
    error_set(&call->error, ERROR_LIMIT_UNORDERED,
              "A 'limit' was applied without an explicit 'order'");
    return error_hint(&call->error, "Apply an 'order' using unique column(s)");
}

/* An empty object sets no column of any row. */
static enum progress change_nothing(struct call *call, const struct write *w)
{
    write_applied(call, w);
    target_range(call, 0, 0, call->prefer.count == PREFER_COUNT_NONE ? -1 : 0);
    if (w->answer == ANSWER_ROWS && call->media == MEDIA_JSON) {
        buf_add_text(&call->reply, "[]");
        return target_reply(call, OUTCOME_OK);
    }
    call->outcome = OUTCOME_NO_CONTENT;
    return CALL_DONE;
}

/* A change of the rows that the query string says; NULL with the failure if the table takes none, or
 * the rows are not said. */
static struct write *new_change(struct call *call, enum write_kind kind)
{
    struct write *w;
    bool is_taken;

    if (!target_list(call))
        return NULL;
    is_taken = kind == WRITE_UPDATE ? call->table->updatable : call->table->deletable;
    if (!is_taken) {
        (void)target_not_allowed(call, resource_list_methods(call->table));
        return NULL;
    }
    w = write_new(call, kind);
    if (!w || !check_filtered(call) || !check_limit(call))
        return NULL;
    return w;
}

enum progress list_update(struct call *call)
{
    struct write *w = new_change(call, WRITE_UPDATE);

    if (!w)
        return call_fail(call);
    if (!body_parse(call, body_is_merge_patch(call) ? BODY_MERGE : BODY_CHANGE, &w->body))
        return call_fail(call);
    w->answer = write_choose_answer(call, false);
    if (w->body.n_set)
        return write_plan_and_submit(call, w);
    return change_nothing(call, w);
}

enum progress list_delete(struct call *call)
{
    struct write *w = new_change(call, WRITE_DELETE);

    if (!w)
        return call_fail(call);
    w->answer = write_choose_answer(call, false);
    return write_plan_and_submit(call, w);
}

/* The reply's one row, without the bracket of a list. */
static struct slice row_of(const struct call *call, bool bracket)
{
    return slice_make(call->reply.data + bracket, call->reply.len - bracket);
}

/* An empty patch: the row as it is, if it is there. */
static enum progress unchanged_row(struct call *call, const struct write *w)
{
    bool rows = w->answer == ANSWER_ROWS && call->media == MEDIA_JSON;

    if (!call_read(call))
        return call_fail(call);
    if (rows)
        buf_add_char(&call->reply, '[');
    (void)target_answer_row(call);
    if (call->outcome == OUTCOME_FAILED)
        return CALL_DONE;
    if (!precondition_holds(call, precondition_tag(row_of(call, rows), slice_from(""))))
        return call_fail(call);
    write_applied(call, w);
    if (rows)
        buf_add_char(&call->reply, ']');
    if (w->answer != ANSWER_NOTHING)
        return call->reply.failed ? target_json(call, OUTCOME_OK) : CALL_DONE;
    buf_clear(&call->reply);
    call->content_type_out = NULL;
    call->outcome = OUTCOME_NO_CONTENT;
    return CALL_DONE;
}

enum progress row_update(struct call *call)
{
    struct write *w;

    if (!target_row(call))
        return call_fail(call);
    w = write_new(call, WRITE_UPDATE);
    if (!w)
        return call_fail(call);
    if (!body_parse(call, BODY_MERGE, &w->body))
        return call_fail(call);
    if (!write_take_generated(call, w))
        return call_fail(call);
    w->one_row = true;
    w->answer = write_choose_answer(call, true);
    if (w->body.n_set)
        return write_plan_and_submit(call, w);
    return unchanged_row(call, w);
}

enum progress row_delete(struct call *call)
{
    struct write *w;

    if (!target_row(call))
        return call_fail(call);
    w = write_new(call, WRITE_DELETE);
    if (!w)
        return call_fail(call);
    w->one_row = true;
    w->answer = write_choose_answer(call, false);
    return write_plan_and_submit(call, w);
}
