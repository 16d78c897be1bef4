/*
 * What follows from a view's text (store/catalog/view_shape.h): rows that several SELECTs make have no
 * relations, and a view of one table's rows has that table's primary key.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/catalog/catalog_load.h"

/* Views on views on views … */
#define CHAIN_MAX 32

struct views {
    struct load *l;
    struct origins *list;
    size_t n;
};

static struct origins *find_view(const struct views *v, struct slice name)
{
    const struct table *table = load_find_table(v->l, name);

    for (size_t i = 0; table && i < v->n; i++) {
        if (v->list[i].view == table)
            return &v->list[i];
    }
    return NULL;
}

static bool is_compound(const struct views *v, const struct origins *o, int chain)
{
    if (!o->shape || chain == CHAIN_MAX || o->shape->compound)
        return true;
    for (size_t i = 0; i < o->shape->rows.n; i++) {
        const struct origins *source = find_view(v, o->shape->rows.list[i]);

        if (source && source != o && is_compound(v, source, chain + 1))
            return true;
    }
    return false;
}

/* A subquery among the columns may show a row of the table, too, but another one. */
static bool shows_elsewhere(const struct views *v, const struct origins *o,
                            const struct table *base)
{
    const struct view_names *names = &o->shape->values;

    for (size_t i = 0; i < names->n; i++) {
        const struct table *other = load_find_table(v->l, names->list[i]);

        if (!other || other == base || other->kind != TABLE_TABLE)
            return true;
    }
    return names->more;
}

/* The table whose rows the view shows, each at most once; NULL if that cannot be known. */
static const struct table *base_of(const struct views *v, const struct origins *o, int chain)
{
    const struct table *source;
    const struct origins *inner;

    if (!o->shape || !o->shape->one_source || chain == CHAIN_MAX)
        return NULL;
    source = load_find_table(v->l, o->shape->source);
    inner = source && source->kind == TABLE_VIEW ? find_view(v, source->name) : NULL;
    if (inner && inner != o)
        source = base_of(v, inner, chain + 1);
    return source && source->kind == TABLE_TABLE && !shows_elsewhere(v, o, source) ? source : NULL;
}

/* The base table's primary key, in the view's columns, if it shows all of it. */
static void take_key(struct load *l, const struct origins *o, const struct table *base)
{
    int *key = load_alloc(l, base->n_key, sizeof *key);

    if (!key)
        return;
    for (size_t i = 0; i < base->n_key; i++) {
        size_t at = 0;

        while (at < o->view->n_columns && (o->tables[at] != base || o->columns[at] != base->key[i]))
            at++;
        if (at == o->view->n_columns)
            return;
        key[i] = (int)at;
    }
    o->view->key = key;
    o->view->n_key = base->n_key;
    o->view->base = base;
}

void load_view_shapes(struct load *l, struct origins *list, size_t n)
{
    const struct views v = {l, list, n};

    for (size_t i = 0; i < n; i++) {
        const struct table *base = base_of(&v, &list[i], 0);

        if (base)
            take_key(l, &list[i], base);
    }
    for (size_t i = 0; i < n; i++) {
        for (size_t c = 0; is_compound(&v, &list[i], 0) && c < list[i].view->n_columns; c++)
            list[i].tables[c] = NULL;
    }
}
