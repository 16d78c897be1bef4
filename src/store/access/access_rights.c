/*
 * What a role may do with a table: the sum of what is left to each of those that it is.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/text.h"
#include "store/access/access_record.h"

/* Columns with rights of their own, while they are gathered. */
struct column_set {
    struct access_column_rights *columns;
    size_t n, room;
};

/* What is left to one grantee alone, GRANT by REVOKE. */
struct share {
    unsigned rights;
    struct column_set set;
};

static struct access_column_rights *find_column(const struct column_set *set, struct slice name)
{
    for (size_t i = 0; i < set->n; i++) {
        if (text_equal_nocase(set->columns[i].name, name))
            return &set->columns[i];
    }
    return NULL;
}

/* The column's entry, made if it is not there; there is room. */
static struct access_column_rights *column_of(struct column_set *set, struct slice name)
{
    struct access_column_rights *column = find_column(set, name);

    if (column)
        return column;
    column = &set->columns[set->n++];
    *column = (struct access_column_rights){.name = name};
    return column;
}

static bool make_room(struct column_set *set, struct arena *arena, size_t n)
{
    *set = (struct column_set){.room = n};
    set->columns = arena_zeroed(arena, n + 1, sizeof *set->columns);
    return set->columns != NULL;
}

/* The last word of one grantee on a column's preset holds. */
static void give_column(struct column_set *set, const struct access_column_rights *given)
{
    struct access_column_rights *column = column_of(set, given->name);

    column->rights |= given->rights;
    if (given->rights & RIGHT_INSERT)
        column->preset_insert = given->preset_insert;
    if (given->rights & RIGHT_UPDATE)
        column->preset_update = given->preset_update;
}

static void take_from(struct access_column_rights *column, unsigned rights)
{
    column->rights &= ~rights;
    if (rights & RIGHT_INSERT)
        column->preset_insert = NULL;
    if (rights & RIGHT_UPDATE)
        column->preset_update = NULL;
}

/* What is taken from the table is taken from its columns (PostgreSQL, REVOKE, notes). */
static void apply(struct share *share, const struct access_grant *g)
{
    if (g->revokes) {
        share->rights &= ~g->rights;
        for (size_t i = 0; i < share->set.n; i++)
            take_from(&share->set.columns[i], g->rights);
        for (size_t i = 0; i < g->n_columns; i++)
            take_from(column_of(&share->set, g->columns[i].column.name),
                      g->columns[i].column.rights);
        return;
    }
    share->rights |= g->rights;
    for (size_t i = 0; i < g->n_columns; i++)
        give_column(&share->set, &g->columns[i].column);
}

static bool is_meant(const struct access_grant *g, int grantee, struct slice table)
{
    return g->grantee == grantee && access_grant_is_of(g, OBJECT_TABLE, table);
}

/* Their names, at most. */
static size_t count_columns(const struct access_record *record, int grantee, struct slice table)
{
    size_t n = 0;

    for (size_t i = 0; i < record->n_grants; i++) {
        if (is_meant(&record->grants[i], grantee, table))
            n += record->grants[i].n_columns;
    }
    return n;
}

static bool read_share(const struct access_record *record, int grantee, struct slice table,
                       struct arena *arena, struct share *share)
{
    share->rights = 0;
    if (!make_room(&share->set, arena, count_columns(record, grantee, table)))
        return false;
    for (size_t i = 0; i < record->n_grants; i++) {
        if (is_meant(&record->grants[i], grantee, table))
            apply(share, &record->grants[i]);
    }
    return true;
}

/* ---- the sum */

/* What the share says of one preset: it may be set freely, it has this one, or nothing. */
static void add_preset(const struct share *share, const struct access_column_rights *own,
                       unsigned right, const char *preset, const char **out, bool *is_free)
{
    unsigned rights = share->rights | (own ? own->rights : 0);

    if (!(rights & right))
        return;
    if (!preset)
        *is_free = true;
    else if (!*out)
        *out = preset;
}

static void sum_column(const struct share *shares, size_t n, struct access_column_rights *column)
{
    bool free_insert = false, free_update = false;

    for (size_t i = 0; i < n; i++) {
        const struct access_column_rights *own = find_column(&shares[i].set, column->name);

        column->rights |= own ? own->rights : 0;
        add_preset(&shares[i], own, RIGHT_INSERT, own ? own->preset_insert : NULL,
                   &column->preset_insert, &free_insert);
        add_preset(&shares[i], own, RIGHT_UPDATE, own ? own->preset_update : NULL,
                   &column->preset_update, &free_update);
    }
    if (free_insert)
        column->preset_insert = NULL;
    if (free_update)
        column->preset_update = NULL;
}

static bool sum(const struct share *shares, size_t n, struct arena *arena,
                struct access_table_rights *out)
{
    struct column_set all;
    size_t room = 0;

    for (size_t i = 0; i < n; i++)
        room += shares[i].set.n;
    if (!make_room(&all, arena, room))
        return false;
    for (size_t i = 0; i < n; i++) {
        out->rights |= shares[i].rights;
        for (size_t k = 0; k < shares[i].set.n; k++)
            column_of(&all, shares[i].set.columns[k].name);
    }
    for (size_t i = 0; i < all.n; i++)
        sum_column(shares, n, &all.columns[i]);
    out->columns = all.columns;
    out->n_columns = all.n;
    return true;
}

bool access_table_rights(const struct access *access, size_t role, struct slice table,
                         struct arena *arena, struct access_table_rights *out)
{
    struct share *shares = arena_zeroed(arena, access->n_roles + 1, sizeof *shares);
    const bool *is = access->roles[role].is;
    size_t n = 0;

    *out = (struct access_table_rights){0};
    if (!shares)
        return false;
    if (!read_share(access->record, (int)role, table, arena, &shares[n++])) /* its own first */
        return false;
    for (size_t i = 0; i < access->n_roles; i++) {
        bool is_other = is[i] && i != role;

        if (is_other && !read_share(access->record, (int)i, table, arena, &shares[n++]))
            return false;
    }
    if (!read_share(access->record, GRANTEE_PUBLIC, table, arena, &shares[n++]))
        return false;
    return sum(shares, n, arena, out);
}
