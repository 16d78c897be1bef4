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

    if (!table)
        return NULL;
    for (size_t i = 0; i < v->n; i++) {
        if (v->list[i].view == table)
            return &v->list[i];
    }
    return NULL;
}

static bool is_compound(const struct views *v, const struct origins *o, int chain)
{
    if (!o->shape || chain == CHAIN_MAX)
        return true;
    if (o->shape->compound)
        return true;
    for (size_t i = 0; i < o->shape->rows.n; i++) {
        const struct origins *source = find_view(v, o->shape->rows.list[i]);

        if (!source || source == o)
            continue;
        if (is_compound(v, source, chain + 1))
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

/* The table that a view's source is or, if it is a view, whose rows that shows. */
static const struct table *source_of(const struct views *v, const struct origins *o, int chain);

/* The table whose rows the view shows, each at most once; NULL if that cannot be known. */
static const struct table *base_of(const struct views *v, const struct origins *o, int chain)
{
    const struct table *source;

    if (!o->shape || chain == CHAIN_MAX)
        return NULL;
    if (!o->shape->one_source)
        return NULL;
    source = source_of(v, o, chain);
    if (!source || source->kind != TABLE_TABLE)
        return NULL;
    if (shows_elsewhere(v, o, source))
        return NULL;
    return source;
}

static const struct table *source_of(const struct views *v, const struct origins *o, int chain)
{
    const struct table *source = load_find_table(v->l, o->shape->source);
    const struct origins *inner = NULL;

    if (source && source->kind == TABLE_VIEW)
        inner = find_view(v, source->name);
    if (!inner || inner == o)
        return source;
    return base_of(v, inner, chain + 1);
}

/* The place of the base's column among the view's; n_columns: it is not shown. */
static size_t place_in_view(const struct origins *o, const struct table *base, int column)
{
    size_t at = 0;

    for (; at < o->view->n_columns; at++) {
        if (o->tables[at] == base && o->columns[at] == column)
            break;
    }
    return at;
}

/* The base table's primary key, in the view's columns, if it shows all of it. */
static void take_base_key(struct load *l, const struct origins *o, const struct table *base)
{
    int *key = load_alloc(l, base->n_key, sizeof *key);

    if (!key)
        return;
    for (size_t i = 0; i < base->n_key; i++) {
        size_t at = place_in_view(o, base, base->key[i]);

        if (at == o->view->n_columns)
            return;
        key[i] = (int)at;
    }
    o->view->key = key;
    o->view->n_key = base->n_key;
    o->view->base = base;
}

static void forget_origins(struct origins *o)
{
    for (size_t c = 0; c < o->view->n_columns; c++)
        o->tables[c] = NULL;
}

void load_view_shapes(struct load *l, struct origins *list, size_t n)
{
    const struct views v = {l, list, n};

    for (size_t i = 0; i < n; i++) {
        const struct table *base = base_of(&v, &list[i], 0);

        if (base)
            take_base_key(l, &list[i], base);
    }
    for (size_t i = 0; i < n; i++) {
        if (is_compound(&v, &list[i], 0))
            forget_origins(&list[i]);
    }
}
