/*
 * Relations of views and named queries: each column that comes straight from a table's column
 * (sqlite.org/c3ref/column_database_name.html) can stand for it in a foreign key.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/text.h"
#include "store/catalog/catalog_load.h"
#include "store/catalog/expression_type.h"

/* A column of a view compares as the column that it is. One without a type has none in the view
 * either, of which SQLite says BLOB there. */
static void inherit(struct column *column, const struct column *origin)
{
    column->missing_collation = origin->missing_collation;
    if (origin->type[0] == '\0' && slice_is(slice_from(column->type), "BLOB")) {
        column->type = origin->type;
        column->kind = origin->kind;
        column->keeps_text = origin->keeps_text;
    }
}

/* The table and column that the view's column comes straight from; none of an expression. */
static void find_origin(struct load *l, struct statement *st, struct origins *o, size_t i)
{
    const char *table_name, *column_name;
    const struct table *table;
    int column;

    if (!statement_origin(st, (int)i, &table_name, &column_name))
        return;
    table = load_find_table(l, slice_from(table_name));
    if (!table)
        return;
    column = load_find_column(table, slice_from(column_name));
    o->columns[i] = column;
    if (column < 0)
        return;
    o->tables[i] = table;
    inherit((struct column *)&o->view->columns[i], &table->columns[column]);
}

bool load_origins(struct load *l, struct statement *st, struct table *view, struct origins *out)
{
    *out = (struct origins){.view = view};
    out->tables = load_alloc(l, view->n_columns, sizeof *out->tables);
    out->columns = load_alloc(l, view->n_columns, sizeof *out->columns);
    if (!out->tables || !out->columns)
        return false;
    for (size_t i = 0; i < view->n_columns; i++)
        find_origin(l, st, out, i);
    return true;
}

/* How often a view may show one key, in other columns each time. */
#define COMBINATIONS_MAX 64

static bool shows(const struct origins *o, size_t at, const struct table *table, int column)
{
    return o->tables[at] == table && o->columns[at] == column;
}

/* The next of the view's columns from `at` on that is this column of the table; n_columns: none. */
static size_t shown_at(const struct origins *o, const struct table *table, int column, size_t at)
{
    while (at < o->view->n_columns && !shows(o, at, table, column))
        at++;
    return at;
}

/* The first combination; false if one of the columns is not shown. */
static bool first_shown(const struct origins *o, const struct table *table, const int *columns,
                        size_t n, int *found)
{
    for (size_t i = 0; i < n; i++) {
        size_t at = shown_at(o, table, columns[i], 0);

        if (at == o->view->n_columns)
            return false;
        found[i] = (int)at;
    }
    return true;
}

/* The next combination of the view's columns that show columns[0…n) of `table`, in found[]: -1 in
 * the first place begins. A view may show one column several times: the last place changes first, as in
 * PostgREST's lists. False if there is none. */
static bool next_shown(const struct origins *o, const struct table *table, const int *columns,
                       size_t n, int *found)
{
    if (found[0] < 0)
        return first_shown(o, table, columns, n, found);
    for (size_t i = n; i-- > 0;) {
        size_t at = shown_at(o, table, columns[i], (size_t)found[i] + 1);

        if (at < o->view->n_columns) {
            found[i] = (int)at;
            return true;
        }
        found[i] = (int)shown_at(o, table, columns[i], 0); /* start over, and go on before it */
    }
    return false;
}

/* A way to add a key that a view shows, in these of its columns. */
typedef bool add_fn(struct load *l, const struct origins *o, const struct foreign_key *key,
                    const int *columns);

static bool add_all(struct load *l, const struct origins *o, const struct foreign_key *key,
                    const struct table *table, const int *columns, add_fn *add)
{
    int *found = load_alloc(l, key->n_columns, sizeof *found);

    if (!found)
        return false;
    found[0] = -1;
    for (int i = 0; i < COMBINATIONS_MAX; i++) {
        int *copy;

        if (!next_shown(o, table, columns, key->n_columns, found))
            return true;
        copy = load_alloc(l, key->n_columns, sizeof *copy);
        if (!copy)
            return false;
        memcpy(copy, found, key->n_columns * sizeof *copy);
        if (!add(l, o, key, copy))
            return false;
    }
    return true;
}

/* The key as the view's own, where it shows the child's columns. */
static bool add_child_view(struct load *l, const struct origins *o, const struct foreign_key *key,
                           const int *columns)
{
    struct foreign_key *copy = load_alloc(l, 1, sizeof *copy);

    if (!copy)
        return false;
    *copy = *key;
    copy->child = o->view;
    copy->columns = columns;
    copy->through_view = true;
    if (!load_add_foreign(l, o->view, copy))
        return false;
    return o->one_way || load_add_referring(l, (struct table *)key->parent, copy);
}

/* The key as one that points to the view, where it shows the parent's columns. */
static bool add_parent_view(struct load *l, const struct origins *o, const struct foreign_key *key,
                            const int *columns)
{
    struct foreign_key *copy = load_alloc(l, 1, sizeof *copy);

    if (!copy)
        return false;
    *copy = *key;
    copy->parent = o->view;
    copy->parent_columns = columns;
    copy->through_view = true;
    if (!load_add_referring(l, o->view, copy))
        return false;
    return o->one_way || load_add_foreign(l, (struct table *)key->child, copy);
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

/* CREATE VIEW … as it is in the schema; empty if it cannot be had. */
static struct slice view_text(struct load *l, const struct table *view)
{
    struct slice text = {NULL, 0};
    struct statement *st =
        load_query(l, "SELECT sql FROM sqlite_schema WHERE type='view' AND name=?1", view->name);

    if (st && statement_step(st, l->error) == STEP_ROW)
        text = slice_from(load_text(l, st, 0));
    statement_release(st);
    return text;
}

/* A column that a view takes from a table has its type there; of one without a type, table_xinfo says
 * BLOB, which is its affinity. */
static void declare_as_origin(struct load *l, struct statement *st, struct table *view)
{
    const char *table, *name;

    for (size_t i = 0; i < view->n_columns; i++) {
        if (statement_origin(st, (int)i, &table, &name))
            load_column_type(l, (struct column *)&view->columns[i],
                             slice_from(statement_column_type(st, (int)i)));
    }
}

static bool view_origins(struct load *l, struct table *view, struct origins *out)
{
    struct statement *st = load_select_all(l, view->quoted);
    bool ok = st && load_origins(l, st, view, out);

    if (ok) {
        struct slice text = view_text(l, view);
        struct view_shape *shape = load_alloc(l, 1, sizeof *shape);

        view->sql = text;
        declare_as_origin(l, st, view);
        load_inferred(l, st, text, view);
        if (shape)
            *shape = view_shape_read(text);
        out->shape = shape;
    }
    statement_release(st);
    return ok;
}

bool load_view_children(struct load *l, const struct origins *o)
{
    for (size_t t = 0; t < l->n_tables; t++) {
        const struct table *table = &l->tables[t];

        for (size_t k = 0; table->kind == TABLE_TABLE && k < table->n_foreign; k++) {
            const struct foreign_key *key = table->foreign[k];

            if (!key->through_view && !add_all(l, o, key, key->child, key->columns, add_child_view))
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
            const struct foreign_key *key = l->tables[t].foreign[k];

            if (!add_all(l, o, key, key->parent, key->parent_columns, add_parent_view))
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
    load_view_shapes(l, views, n);
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
