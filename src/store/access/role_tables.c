/*
 * The tables that a role has a right to, with the columns that it has one to, and by what names they are
 * mentioned.
 *
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "base/text.h"
#include "store/access/access.h"
#include "store/access/role_catalog_make.h"

/* ---- columns */

static const struct access_column_rights *column_rights(const struct access_table_rights *rights,
                                                        struct slice column)
{
    for (size_t i = 0; i < rights->n_columns; i++) {
        if (text_equal_nocase(rights->columns[i].name, column))
            return &rights->columns[i];
    }
    return NULL;
}

static struct column role_column(const struct column *whole,
                                 const struct access_table_rights *rights)
{
    const struct access_column_rights *own = column_rights(rights, whole->name);
    struct column column = *whole;
    unsigned bits = rights->rights;

    if (own) {
        bits |= own->rights;
        column.preset_insert = own->preset_insert;
        column.preset_update = own->preset_update;
    }
    column.rights = (unsigned char)(bits & (RIGHT_SELECT | RIGHT_INSERT | RIGHT_UPDATE));
    return column;
}

/* Adds the columns that may be read, or those that may only be written. */
static void add_columns(struct table *table, struct column *columns, int *map,
                        const struct access_table_rights *rights, bool readable)
{
    for (size_t i = 0; i < table->whole->n_columns; i++) {
        struct column column = role_column(&table->whole->columns[i], rights);
        bool reads = (column.rights & RIGHT_SELECT) != 0;

        if (column.rights == 0 || reads != readable)
            continue;
        map[i] = (int)table->n_columns;
        table->rights |= column.rights;
        columns[table->n_columns++] = column;
    }
}

/* A right to the table alone shows nothing of it where it has no column to read. */
static bool role_table_columns(struct making *m, struct table *table, int *map,
                               const struct access_table_rights *rights)
{
    size_t n = table->whole->n_columns;
    struct column *columns = making_alloc(m, n, sizeof *columns);

    if (!columns)
        return false;
    for (size_t i = 0; i < n; i++)
        map[i] = -1;
    table->n_columns = 0;
    table->rights = rights->rights & RIGHT_DELETE;
    add_columns(table, columns, map, rights, true);
    table->n_readable = table->n_columns;
    add_columns(table, columns, map, rights, false);
    table->columns = columns;
    return true;
}

/* ---- names */

static bool has_column(const struct table *table, struct slice name)
{
    for (size_t i = 0; i < table->n_columns; i++) {
        if (text_equal_nocase(table->columns[i].name, name))
            return true;
    }
    for (size_t i = 0; i < table->n_unserved; i++) {
        if (text_equal_nocase(table->unserved[i].name, name))
            return true;
    }
    return false;
}

/* The rowid by a name that no column of the whole table has. */
static const char *rowid_name(const struct table *whole)
{
    static const char *const names[] = {"rowid", "_rowid_", "oid"};

    for (size_t i = 0; i < 3; i++) {
        if (!has_column(whole, slice_from(names[i])))
            return names[i];
    }
    return NULL;
}

/* The alias's name, if the role may read it; the column of the whole table has it in its views, too. */
static void role_rowid(struct table *table, const int *map)
{
    int alias = table->whole->rowid_alias, own = alias < 0 ? -1 : map[alias];

    if (alias < 0)
        return;
    if (own >= 0 && (size_t)own < table->n_readable) {
        table->rowid_alias = own;
        return;
    }
    table->rowid_alias = -1;
    table->rowid = rowid_name(table->whole);
}

#ifdef THIMBLE_PLAIN_MENTIONS
/* For the test of the authorizer: as if a policy were in no statement. */
static const char *view_name(struct making *m, const struct table *table, const char *variant)
{
    (void)m, (void)variant;
    return table->target;
}
#else
/* temp."name@3": within its quotes the name has them doubled already. */
static const char *view_name(struct making *m, const struct table *table, const char *variant)
{
    const char *quoted = table->whole->quoted;

    return making_text(m, "temp.%.*s@%zu%s\"", (int)strlen(quoted) - 1, quoted, m->role, variant);
}
#endif

static void role_names(struct making *m, struct table *table)
{
    table->target = making_text(m, "main.%s", table->whole->quoted);
    table->quoted = table->for_update = table->for_delete = table->target;
    if (!table->has_policies)
        return;
    table->quoted = view_name(m, table, "");
    table->for_update = table->for_delete = table->quoted;
    if (table->kind == TABLE_VIEW)
        return; /* the rows that it shows may be changed */
    table->for_update = view_name(m, table, "u");
    table->for_delete = view_name(m, table, "d");
}

static bool policies_hold(const struct making *m, const struct table *table)
{
    const struct access *access = m->whole->access;

    if (table->kind == TABLE_VIEW)
        return access_view_is_invoker(access, table->name);
    if (access->roles[m->role].bypass_rls)
        return false;
    return access_has_policies(access, table->name);
}

/* ---- tables */

/* A role that may not read the whole key of a table WITHOUT ROWID can change its rows all the same: its views
 * have the key by names that no request can say (role_view_text.h). */
static bool role_hidden_key(struct making *m, struct table *table)
{
    const struct table *whole = table->whole;
    struct hidden_key *keys = making_alloc(m, whole->n_key, sizeof *keys);

    for (size_t i = 0; keys && i < whole->n_key; i++) {
        keys[i].written = whole->columns[whole->key[i]].quoted;
        keys[i].shown = table->has_policies ? making_text(m, "\"@%zu\"", i) : keys[i].written;
    }
    table->hidden_key = keys;
    table->n_hidden_key = whole->n_key;
    return keys != NULL;
}

static bool role_key(struct making *m, struct table *table)
{
    bool all;

    table->key = role_columns(m, table->whole, table->whole->key, table->whole->n_key, &all);
    if (!table->key)
        return false;
    if (all)
        return true;
    table->n_key = 0;
    if (table->kind != TABLE_TABLE || table->whole->rowid)
        return true;
    return role_hidden_key(m, table);
}

/* What else is of the whole database's is in role_keys. */
static bool role_table(struct making *m, const struct table *whole,
                       const struct access_table_rights *rights, struct role_table_map *map)
{
    struct table *table = &m->tables[m->part->n_tables];

    map->column = making_alloc(m, whole->n_columns, sizeof *map->column);
    if (!map->column)
        return false;
    *table = *whole;
    table->whole = whole;
    if (!role_table_columns(m, table, map->column, rights))
        return false;
    if (table->rights == 0)
        return true;
    map->table = table;
    table->index = m->part->n_tables++;
    table->base = NULL;
    table->has_policies = policies_hold(m, whole);
    table->unsteady = table->has_policies && !m->steady;
    role_rowid(table, map->column);
    role_names(m, table);
    return role_key(m, table);
}

bool role_tables(struct making *m)
{
    const struct catalog *whole = m->whole;

    m->tables = making_alloc(m, whole->n_tables, sizeof *m->tables);
    m->map = making_alloc(m, whole->n_tables, sizeof *m->map);
    if (!m->tables || !m->map)
        return false;
    m->part->tables = m->tables;
    for (size_t i = 0; i < whole->n_tables; i++) {
        struct access_table_rights rights = {0};

        if (!access_table_rights(whole->access, m->role, whole->tables[i].name, &m->part->arena,
                                 &rights))
            return error_set(m->error, ERROR_MEMORY, "the schema does not fit in memory");
        if (!role_table(m, &whole->tables[i], &rights, &m->map[i]))
            return false;
    }
    return !error_is_set(m->error);
}
