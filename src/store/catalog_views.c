/*
 * Relations of views and named queries: each column that comes straight from a table's column
 * (sqlite.org/c3ref/column_database_name.html) can stand for it in a foreign key.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/text.h"
#include "store/catalog_load.h"
#include "store/expression_type.h"

bool load_origins(struct load *l, struct statement *st, struct table *view, struct origins *out)
{
    *out = (struct origins){.view = view};
    out->tables = load_alloc(l, view->n_columns, sizeof *out->tables);
    out->columns = load_alloc(l, view->n_columns, sizeof *out->columns);
    if (!out->tables || !out->columns)
        return false;
    for (size_t i = 0; i < view->n_columns; i++) {
        const char *table, *column;

        if (!statement_origin(st, (int)i, &table, &column))
            continue;
        out->tables[i] = load_find_table(l, slice_from(table));
        if (out->tables[i])
            out->columns[i] = load_find_column(out->tables[i], slice_from(column));
        if (out->tables[i] && out->columns[i] < 0)
            out->tables[i] = NULL;
    }
    return true;
}

/* columns[0…n) of `table` as the view's columns; false if it does not show all of them. */
static bool translate(struct load *l, const struct origins *o, const struct table *table,
                      const int *columns, size_t n, const int **out)
{
    int *found = load_alloc(l, n, sizeof *found);

    for (size_t i = 0; found && i < n; i++) {
        size_t at = 0;

        while (at < o->view->n_columns && (o->tables[at] != table || o->columns[at] != columns[i]))
            at++;
        if (at == o->view->n_columns)
            return false;
        found[i] = (int)at;
    }
    *out = found;
    return found != NULL;
}

/* The key as the view's own, where it shows the child's columns. */
static bool add_child_view(struct load *l, const struct origins *o, const struct foreign_key *key)
{
    struct foreign_key *copy;
    const int *columns;

    if (!translate(l, o, key->child, key->columns, key->n_columns, &columns))
        return !error_is_set(l->error);
    copy = load_alloc(l, 1, sizeof *copy);
    if (!copy)
        return false;
    *copy = *key;
    copy->child = o->view;
    copy->columns = columns;
    copy->through_view = true;
    return load_add_foreign(l, o->view, copy) &&
           (o->one_way || load_add_referring(l, (struct table *)key->parent, copy));
}

/* The key as one that points to the view, where it shows the parent's columns. */
static bool add_parent_view(struct load *l, const struct origins *o, const struct foreign_key *key)
{
    struct foreign_key *copy;
    const int *columns;

    if (!translate(l, o, key->parent, key->parent_columns, key->n_columns, &columns))
        return !error_is_set(l->error);
    copy = load_alloc(l, 1, sizeof *copy);
    if (!copy)
        return false;
    *copy = *key;
    copy->parent = o->view;
    copy->parent_columns = columns;
    copy->through_view = true;
    return load_add_referring(l, o->view, copy) &&
           (o->one_way || load_add_foreign(l, (struct table *)key->child, copy));
}

void load_inferred(struct load *l, struct statement *st, struct slice sql, struct table *view)
{
    struct slice *types = load_alloc(l, view->n_columns, sizeof *types);

    if (!types)
        return;
    select_types(sql, types, view->n_columns, 0);
    for (size_t i = 0; i < view->n_columns; i++) {
        struct column *column = (struct column *)&view->columns[i];
        const char *table, *name;

        if (types[i].len > 0 && !statement_origin(st, (int)i, &table, &name))
            load_column_type(l, column, types[i]);
    }
}

static void infer_view(struct load *l, struct statement *st, struct table *view)
{
    struct statement *text =
        load_query(l, "SELECT sql FROM sqlite_schema WHERE type='view' AND name=?1", view->name);

    if (text && statement_step(text, l->error) == STEP_ROW)
        load_inferred(l, st, statement_bytes(text, 0), view);
    statement_release(text);
}

static bool view_origins(struct load *l, struct table *view, struct origins *out)
{
    struct statement *st = load_select_all(l, view->quoted);
    bool ok = st && load_origins(l, st, view, out);

    if (ok)
        infer_view(l, st, view);

    statement_release(st);
    return ok;
}

bool load_view_children(struct load *l, const struct origins *o)
{
    for (size_t t = 0; t < l->n_tables; t++) {
        const struct table *table = &l->tables[t];

        for (size_t k = 0; table->kind == TABLE_TABLE && k < table->n_foreign; k++) {
            if (!table->foreign[k]->through_view && !add_child_view(l, o, table->foreign[k]))
                return false;
        }
    }
    return true;
}

bool load_view_parents(struct load *l, const struct origins *o, const size_t *counts)
{
    for (size_t t = 0; t < l->n_tables; t++) {
        size_t n = counts ? counts[t] : l->tables[t].n_foreign;

        for (size_t k = 0; k < n; k++) {
            if (!add_parent_view(l, o, l->tables[t].foreign[k]))
                return false;
        }
    }
    return true;
}

/* First views as children, then, over all of those, views as parents. */
bool load_view_keys(struct load *l)
{
    struct origins *views = load_alloc(l, l->n_tables, sizeof *views);
    size_t *counts = load_alloc(l, l->n_tables, sizeof *counts);
    size_t n = 0;

    for (size_t i = 0; views && i < l->n_tables; i++) {
        if (l->tables[i].kind == TABLE_VIEW && view_origins(l, &l->tables[i], &views[n]))
            n++;
    }
    for (size_t v = 0; v < n; v++) {
        if (!load_view_children(l, &views[v]))
            return false;
    }
    for (size_t t = 0; counts && t < l->n_tables; t++)
        counts[t] = l->tables[t].n_foreign;
    for (size_t v = 0; counts && v < n; v++) {
        if (!load_view_parents(l, &views[v], counts))
            return false;
    }
    return !error_is_set(l->error);
}
