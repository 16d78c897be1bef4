/*
 * Rows whose key is there already: Prefer: resolution= and on_conflict=.
 *
 * SPDX-License-Identifier: MIT
 */
#include "query/rights.h"
#include "resource/write.h"

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

bool write_choose_conflict(struct call *call, struct write *w)
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
