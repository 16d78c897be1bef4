/*
 * Unique keys, for the catalogue, and what keys are called that have no name.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/catalog/catalog_load.h"

#include "base/buf.h"
#include "store/catalog/ddl.h"

const char *load_key_name(struct load *l, const struct table *table, const int *columns, size_t n,
                          const char *suffix)
{
    const char *name = NULL;
    struct buf text;

    buf_init(&text, 4096);
    buf_add_slice(&text, table->name);
    for (size_t i = 0; i < n; i++) {
        buf_add_char(&text, '_');
        buf_add_slice(&text, table->columns[columns[i]].name);
    }
    buf_add_text(&text, suffix);
    if (!text.failed)
        name = arena_copy(l->arena, buf_slice(&text));
    buf_finish(&text);
    if (!name)
        return "";
    return name;
}

/* The index's columns; false leaves it out: an expression, or memory is out. */
static bool read_index(struct load *l, const struct table *table, struct slice index,
                       struct unique_key *key)
{
    int *columns = NULL;
    bool plain = true;
    struct statement *st = load_query(
        l, "SELECT cid,name FROM pragma_index_xinfo(?1) WHERE key ORDER BY seqno", index);

    while (st && plain && statement_step(st, l->error) == STEP_ROW) {
        int column = load_find_column(table, statement_bytes(st, 1));

        plain = statement_integer(st, 0) >= 0 && column >= 0;
        columns = load_grow(l, columns, key->n_columns, sizeof *columns);
        if (!columns || !plain)
            break;
        columns[key->n_columns++] = column;
    }
    statement_release(st);
    key->columns = columns;
    if (!plain)
        return false;
    if (!columns)
        return false;
    return !error_is_set(l->error);
}

/* The condition of a partial index, or NULL. */
static const char *index_where(struct load *l, struct slice index)
{
    struct statement *st =
        load_query(l, "SELECT sql FROM sqlite_schema WHERE type='index' AND name=?1", index);
    const char *where = NULL;

    if (st && statement_step(st, l->error) == STEP_ROW)
        where = ddl_index_where(l->arena, statement_bytes(st, 0));
    statement_release(st);
    return where;
}

/* Columns: 0 name, 1 origin (c: CREATE INDEX, u: UNIQUE, pk), 2 partial. */
static bool table_unique_keys(struct load *l, struct table *table)
{
    struct unique_key *keys = NULL;
    struct statement *st = load_query(l,
                                      "SELECT name,origin,partial FROM pragma_index_list(?1) "
                                      "WHERE \"unique\" ORDER BY seq DESC",
                                      table->name);
    enum step step = STEP_FAILED;

    while (st && (step = statement_step(st, l->error)) == STEP_ROW) {
        struct unique_key key = {.name = load_text(l, st, 0)};
        struct slice origin = statement_bytes(st, 1);

        key.partial = statement_integer(st, 2) != 0;
        if (key.partial)
            key.where = index_where(l, slice_from(key.name));
        if (!read_index(l, table, slice_from(key.name), &key))
            continue;
        if (slice_is(origin, "u"))
            key.name = load_key_name(l, table, key.columns, key.n_columns, "_key");
        else if (slice_is(origin, "pk"))
            key.name = load_key_name(l, table, key.columns, 0, "_pkey");
        keys = load_grow(l, keys, table->n_unique, sizeof *keys);
        if (!keys)
            break;
        keys[table->n_unique++] = key;
    }
    statement_release(st);
    table->unique = keys;
    if (step != STEP_DONE)
        return false;
    return !error_is_set(l->error);
}

bool load_unique_keys(struct load *l)
{
    for (size_t i = 0; i < l->n_tables; i++) {
        if (l->tables[i].kind != TABLE_TABLE)
            continue;
        if (!table_unique_keys(l, &l->tables[i]))
            return false;
    }
    return true;
}

/* True if a and b are the same n columns, in any order. */
static bool are_same_columns(const int *a, const int *b, size_t n)
{
    size_t found = 0;

    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++)
            found += a[i] == b[j];
    }
    return found == n;
}

bool load_is_unique(const struct table *table, const int *columns, size_t n)
{
    if (table->n_key == n && are_same_columns(columns, table->key, n))
        return true;
    for (size_t k = 0; k < table->n_unique; k++) {
        const struct unique_key *key = &table->unique[k];

        if (key->partial || key->n_columns != n)
            continue;
        if (are_same_columns(columns, key->columns, n))
            return true;
    }
    return false;
}
