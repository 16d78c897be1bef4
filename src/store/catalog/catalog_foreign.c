/*
 * Foreign keys, for the catalogue: whose columns they are, and what they refer to.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/catalog/catalog_load.h"

#include "store/catalog/ddl.h"

/* One row of pragma_foreign_key_list: a column pair of a key. */
struct pair {
    int64_t id;
    const char *parent, *from, *to, *on_delete, *on_update;
};

/* In the order of definition: SQLite numbers them from the last (tested in unit tests). */
static struct pair *read_pairs(struct load *l, const struct table *table, size_t *n)
{
    struct pair *pairs = NULL;
    struct statement *st = load_query(l,
                                      "SELECT id,\"table\",\"from\",\"to\",on_delete,on_update "
                                      "FROM pragma_foreign_key_list(?1) ORDER BY id DESC,seq",
                                      table->name);

    *n = 0;
    while (st && statement_step(st, l->error) == STEP_ROW) {
        pairs = load_grow(l, pairs, *n, sizeof *pairs);
        if (!pairs)
            break;
        pairs[(*n)++] = (struct pair){
            .id = statement_integer(st, 0),
            .parent = load_text(l, st, 1),
            .from = load_text(l, st, 2),
            .to = statement_type(st, 3) == VALUE_NULL ? NULL : load_text(l, st, 3),
            .on_delete = load_text(l, st, 4),
            .on_update = load_text(l, st, 5),
        };
    }
    statement_release(st);
    return pairs;
}

/* True if the action leaves the child's row as it is. */
static bool is_passive(const char *action)
{
    return strcmp(action, "NO ACTION") == 0 || strcmp(action, "RESTRICT") == 0;
}

static const char **constraint_names(struct load *l, const struct table *table, size_t n)
{
    struct statement *st =
        load_query(l, "SELECT sql FROM sqlite_schema WHERE type='table' AND name=?1 COLLATE NOCASE",
                   table->name);
    const char **names = load_alloc(l, n, sizeof *names);

    if (st && names && statement_step(st, l->error) == STEP_ROW)
        ddl_foreign_key_names(l->arena, statement_bytes(st, 0), names, n);
    statement_release(st);
    return names;
}

bool load_add_foreign(struct load *l, struct table *table, const struct foreign_key *key)
{
    const struct foreign_key **list =
        load_grow(l, (void *)table->foreign, table->n_foreign, sizeof *list);

    if (!list)
        return false;
    list[table->n_foreign++] = key;
    table->foreign = list;
    return true;
}

bool load_add_referring(struct load *l, struct table *table, const struct foreign_key *key)
{
    const struct foreign_key **list =
        load_grow(l, (void *)table->referring, table->n_referring, sizeof *list);

    if (!list)
        return false;
    list[table->n_referring++] = key;
    table->referring = list;
    return true;
}

/* The column that a pair refers to: the one it names, else the nth of the primary key; -1: none. */
static int referred_column(const struct table *parent, const struct pair *pair, size_t nth)
{
    if (pair->to)
        return load_find_column(parent, slice_from(pair->to));
    if (nth < parent->n_key)
        return parent->key[nth];
    return -1;
}

/* The columns of both sides; false if one is not there. */
static bool resolve_columns(const struct table *child, const struct table *parent,
                            const struct pair *pairs, size_t n, int *columns, int *parent_columns)
{
    for (size_t i = 0; i < n; i++) {
        columns[i] = load_find_column(child, slice_from(pairs[i].from));
        parent_columns[i] = referred_column(parent, &pairs[i], i);
        if (columns[i] < 0 || parent_columns[i] < 0)
            return false;
    }
    return true;
}

static bool are_in_key(const struct table *table, const int *columns, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (table->columns[columns[i]].key_position == 0)
            return false;
    }
    return true;
}

/* Fills `key` from its pairs; false if the parent or a column is not there (SQLite allows
 * that until the key is used). */
static bool resolve_key(struct load *l, struct table *child, const struct pair *pairs, size_t n,
                        struct foreign_key *key)
{
    const struct table *parent = load_find_table(l, slice_from(pairs[0].parent));
    int *columns = load_alloc(l, n, sizeof *columns);
    int *parent_columns = load_alloc(l, n, sizeof *parent_columns);

    if (!parent || !columns || !parent_columns)
        return false;
    if (!resolve_columns(child, parent, pairs, n, columns, parent_columns))
        return false;
    key->child = child;
    key->parent = parent;
    key->n_columns = n;
    key->columns = columns;
    key->parent_columns = parent_columns;
    key->restricts = is_passive(pairs[0].on_delete);
    key->follows = !is_passive(pairs[0].on_update);
    key->child_unique = load_is_unique(child, columns, n);
    key->child_in_key = are_in_key(child, columns, n);
    return true;
}

static bool add_foreign_key(struct load *l, struct table *child, struct foreign_key *key,
                            const char *name)
{
    if (!name)
        name = load_key_name(l, child, key->columns, key->n_columns, "_fkey");
    key->base = key;
    key->name = name;
    if (!load_add_foreign(l, child, key))
        return false;
    return load_add_referring(l, (struct table *)key->parent, key);
}

/* How many of the pairs from the first on are one key's. */
static size_t key_length(const struct pair *pairs, size_t n)
{
    size_t length = 1;

    while (length < n && pairs[length].id == pairs[0].id)
        length++;
    return length;
}

static size_t count_keys(const struct pair *pairs, size_t n)
{
    size_t keys = 0;

    for (size_t i = 0; i < n; i += key_length(pairs + i, n - i))
        keys++;
    return keys;
}

static bool table_foreign_keys(struct load *l, struct table *table)
{
    size_t n, nth = 0, length;
    const struct pair *pairs = read_pairs(l, table, &n);
    const char **names = NULL;

    if (n > 0)
        names = constraint_names(l, table, count_keys(pairs, n));
    for (size_t i = 0; i < n && !error_is_set(l->error); i += length, nth++) {
        struct foreign_key *key = load_alloc(l, 1, sizeof *key);
        const char *name = NULL;

        length = key_length(pairs + i, n - i);
        if (names)
            name = names[nth];
        if (!key || !resolve_key(l, table, pairs + i, length, key))
            continue;
        if (!add_foreign_key(l, table, key, name))
            return false;
    }
    return !error_is_set(l->error);
}

bool load_foreign_keys(struct load *l)
{
    for (size_t i = 0; i < l->n_tables; i++) {
        if (l->tables[i].kind != TABLE_TABLE)
            continue;
        if (!table_foreign_keys(l, &l->tables[i]))
            return false;
    }
    return true;
}
