/* SPDX-License-Identifier: MIT */
#include "store/files/migrate_rights.h"

#include "store/access/access.h"
#include "store/access/role_catalog.h"

static const struct verb {
    const char *word;
    unsigned right;
} verbs[] = {{"SELECT", RIGHT_SELECT}, {"INSERT", RIGHT_INSERT}, {"UPDATE", RIGHT_UPDATE}};

#define N_VERBS (sizeof verbs / sizeof *verbs)

/* ---- one role */

/* A change, told from the side that has what the other has not. */
struct side {
    char sign;
    const char *role;
    const struct catalog *with, *without;
};

static bool has(const struct table *table, struct slice column, unsigned right)
{
    int i = table ? table_column(table, column) : -1;

    return i >= 0 && (table->columns[i].rights & right);
}

static bool is_more(const struct table *with, size_t column, const struct table *without,
                    unsigned right)
{
    struct slice name = with->columns[column].name;

    return has(with, name, right) && !has(without, name, right);
}

static void list_names(struct buf *out, const struct table *with, const struct table *without,
                       unsigned right)
{
    const char *before = " (";

    for (size_t i = 0; i < with->n_columns; i++) {
        if (!is_more(with, i, without, right))
            continue;
        buf_addf(out, "%s%s", before, with->columns[i].name.data);
        before = ", ";
    }
    buf_add_char(out, ')');
}

static void list_verb(struct buf *out, const struct side *side, const struct table *with,
                      const struct table *without, const struct verb *verb)
{
    size_t n = 0;

    for (size_t i = 0; i < with->n_columns; i++)
        n += is_more(with, i, without, verb->right);
    if (n == 0)
        return;
    buf_addf(out, "%c %s: %s", side->sign, side->role, verb->word);
    if (n < with->whole->n_columns)
        list_names(out, with, without, verb->right);
    buf_addf(out, " ON %s\n", with->name.data);
}

static void list_side(struct buf *out, const struct side *side)
{
    for (size_t i = 0; i < side->with->n_tables; i++) {
        const struct table *with = &side->with->tables[i];
        const struct table *without = catalog_table(side->without, with->name);
        bool deletes = with->rights & RIGHT_DELETE;

        for (size_t k = 0; k < N_VERBS; k++)
            list_verb(out, side, with, without, &verbs[k]);
        if (deletes && !(without && without->rights & RIGHT_DELETE))
            buf_addf(out, "%c %s: DELETE ON %s\n", side->sign, side->role, with->name.data);
    }
}

static bool list_role(struct catalog *before, struct catalog *after, size_t role, struct buf *out,
                      struct error *e)
{
    const char *name = after->access->roles[role].name.data;
    struct catalog *was = catalog_of_role(before, role, e);
    struct catalog *is = was ? catalog_of_role(after, role, e) : NULL;

    if (is) {
        list_side(out, &(struct side){'-', name, was, is});
        list_side(out, &(struct side){'+', name, is, was});
    }
    catalog_drop(was);
    catalog_drop(is);
    return is != NULL;
}

/* ---- new tables */

/* Roles that have a right to it, or those of them whom policies would hold back. */
static size_t count_roles(struct catalog *catalog, struct slice table, bool held_back,
                          struct error *e)
{
    size_t n = 0;

    for (size_t i = 0; i < catalog->access->n_roles; i++) {
        struct catalog *part = catalog_of_role(catalog, i, e);
        bool counts = !held_back || !catalog->access->roles[i].bypass_rls;

        n += part && counts && catalog_table(part, table);
        catalog_drop(part);
    }
    return n;
}

static void tell_new(struct catalog *after, const struct table *table, struct buf *out,
                     struct error *e)
{
    bool shows_all = table->kind == TABLE_TABLE && !access_has_policies(after->access, table->name);

    if (count_roles(after, table->name, false, e) == 0)
        buf_addf(out, "! %s: no role has a right to it\n", table->name.data);
    else if (shows_all && count_roles(after, table->name, true, e) > 0)
        buf_addf(out, "! %s: no policy, every right is on every row\n", table->name.data);
}

bool migrate_rights(struct catalog *before, struct catalog *after, struct buf *out, struct error *e)
{
    for (size_t i = 0; i < after->access->n_roles; i++) {
        if (!list_role(before, after, i, out, e))
            return false;
    }
    for (size_t i = 0; i < after->n_tables; i++) {
        const struct table *table = &after->tables[i];

        if (!catalog_table(before, table->name))
            tell_new(after, table, out, e);
    }
    return !error_is_set(e);
}
