/*
 * What a role may know of keys and indexes: those all of whose columns it may read.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdlib.h>

#include "store/access/role_catalog_make.h"

/* A foreign key of the whole database, and the role's. */
struct key_pair {
    const struct foreign_key *whole;
    struct foreign_key *own;
};

struct key_pairs {
    struct key_pair *items; /* sorted by the address of `whole` */
    size_t n;
};

/* ---- unique keys */

static bool role_unique(struct making *m, struct table *table)
{
    const struct table *whole = table->whole;
    struct unique_key *keys = making_alloc(m, whole->n_unique, sizeof *keys);
    size_t n = 0;

    if (!keys)
        return false;
    for (size_t i = 0; i < whole->n_unique; i++) {
        const struct unique_key *key = &whole->unique[i];
        bool all;
        int *columns = role_columns(m, whole, key->columns, key->n_columns, &all);

        if (!columns)
            return false;
        if (!all)
            continue;
        keys[n] = *key;
        keys[n++].columns = columns;
    }
    table->unique = keys;
    table->n_unique = n;
    return true;
}

/* ---- full-text indexes: of an index every column is searched */

static bool reads_all(const struct making *m, const struct table *whole)
{
    const struct table *own = m->map[whole->index].table;

    return own && own->n_readable == whole->n_columns;
}

static bool reads_column(const struct making *m, const struct table *table, int column)
{
    int own = m->map[table->whole->index].column[column];

    return own >= 0 && (size_t)own < table->n_readable;
}

/* One at least of the index's columns: the search looks at no other that the role may not read
 * (query/sql_fts.c). One that the table has not is the index's own. */
static bool may_search(const struct making *m, const struct table *table)
{
    const struct table *whole = table->whole, *index = whole->fts->index;
    bool may = false;

    for (size_t i = 0; i < index->n_columns; i++) {
        int column = table_column(whole, index->columns[i].name);

        if (column < 0)
            return reads_all(m, index);
        may = may || reads_column(m, table, column);
    }
    return may;
}

/* Which column the index's rowid equals: the alias of the rowid is the rowid to who may not read it.
 * False: one that is hidden. */
static bool role_fts_rowid(const struct making *m, const struct table *table, int *column)
{
    const struct table *whole = table->whole;
    int by = whole->fts->rowid_column;
    bool readable = by >= 0 && reads_column(m, table, by);

    *column = readable ? m->map[whole->index].column[by] : -1;
    if (readable || by < 0)
        return true;
    return by == whole->rowid_alias && table->rowid;
}

static bool role_fts(struct making *m, struct table *table)
{
    const struct fts_index *whole = table->whole->fts;
    struct fts_index *fts;
    int column;

    table->fts = NULL;
    if (!whole || !may_search(m, table))
        return true;
    if (!role_fts_rowid(m, table, &column))
        return true;
    fts = making_alloc(m, 1, sizeof *fts);
    if (!fts)
        return false;
    *fts = (struct fts_index){.index = whole->index, .rowid_column = column};
    table->fts = fts;
    return true;
}

/* ---- foreign keys */

static int by_address(const void *a, const void *b)
{
    const struct key_pair *left = a, *right = b;

    return (left->whole > right->whole) - (left->whole < right->whole);
}

static struct foreign_key *find_own(const struct key_pairs *pairs, const struct foreign_key *whole)
{
    const struct key_pair wanted = {.whole = whole};
    struct key_pair *found = NULL;

    if (pairs->n > 0)
        found = bsearch(&wanted, pairs->items, pairs->n, sizeof wanted, by_address);
    return found ? found->own : NULL;
}

/* The role's, or NULL: it has not all of it, or there is no memory. */
static struct foreign_key *copy_key(struct making *m, const struct foreign_key *whole)
{
    bool child, parent;
    int *columns = role_columns(m, whole->child, whole->columns, whole->n_columns, &child);
    int *parent_columns =
        role_columns(m, whole->parent, whole->parent_columns, whole->n_columns, &parent);
    struct foreign_key *own = NULL;

    if (child && parent)
        own = making_alloc(m, 1, sizeof *own);
    if (!own)
        return NULL;
    *own = *whole;
    own->child = m->map[whole->child->index].table;
    own->parent = m->map[whole->parent->index].table;
    own->columns = columns;
    own->parent_columns = parent_columns;
    return own;
}

static size_t count_keys(const struct making *m)
{
    size_t n = 0;

    for (size_t i = 0; i < m->part->n_tables; i++)
        n += m->tables[i].whole->n_foreign;
    return n;
}

/* Those of the role's tables as children: a key of another leads to none of them. */
static bool copy_keys(struct making *m, struct key_pairs *pairs)
{
    pairs->items = making_alloc(m, count_keys(m), sizeof *pairs->items);
    for (size_t t = 0; pairs->items && t < m->part->n_tables; t++) {
        const struct table *whole = m->tables[t].whole;

        for (size_t k = 0; k < whole->n_foreign; k++) {
            struct foreign_key *own = copy_key(m, whole->foreign[k]);

            if (own)
                pairs->items[pairs->n++] = (struct key_pair){whole->foreign[k], own};
        }
    }
    if (pairs->n > 0)
        qsort(pairs->items, pairs->n, sizeof *pairs->items, by_address);
    return !error_is_set(m->error);
}

/* A key through a view is told from others by whose it is: the role's own, where it has that. */
static void settle_bases(const struct key_pairs *pairs)
{
    for (size_t i = 0; i < pairs->n; i++) {
        const struct foreign_key *base = find_own(pairs, pairs->items[i].whole->base);

        if (base)
            pairs->items[i].own->base = base;
    }
}

/* The role's among these, in their order. */
static const struct foreign_key *const *own_keys(struct making *m, const struct key_pairs *pairs,
                                                 const struct foreign_key *const *whole, size_t *n)
{
    const struct foreign_key **own = making_alloc(m, *n, sizeof *own);
    size_t kept = 0;

    for (size_t i = 0; own && i < *n; i++) {
        own[kept] = find_own(pairs, whole[i]);
        kept += own[kept] != NULL;
    }
    *n = kept;
    return own;
}

static bool role_foreign_keys(struct making *m)
{
    struct key_pairs pairs = {0};

    if (!copy_keys(m, &pairs))
        return false;
    settle_bases(&pairs);
    for (size_t i = 0; i < m->part->n_tables; i++) {
        struct table *table = &m->tables[i];

        table->foreign = own_keys(m, &pairs, table->whole->foreign, &table->n_foreign);
        table->referring = own_keys(m, &pairs, table->whole->referring, &table->n_referring);
    }
    return !error_is_set(m->error);
}

bool role_keys(struct making *m)
{
    for (size_t i = 0; i < m->part->n_tables; i++) {
        if (!role_unique(m, &m->tables[i]))
            return false;
        if (!role_fts(m, &m->tables[i]))
            return false;
    }
    return role_foreign_keys(m);
}
