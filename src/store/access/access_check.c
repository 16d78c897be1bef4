/* SPDX-License-Identifier: MIT */
#include "store/access/access_check.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"
#include "store/access/access.h"
#include "store/access/access_record.h"
#include "store/access/role_catalog.h"

struct look {
    struct db *db;
    struct catalog *catalog;
    const struct access *access;
    struct catalog **parts; /* by role */
    struct access_check *check;
    struct error *error;
};

static void tell(struct look *l, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void tell(struct look *l, const char *format, ...)
{
    char line[512];
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    buf_addf(l->check->out, "%s\n", line);
    l->check->faults++;
}

/* The role's table, if it has a right to it. */
static const struct table *part_of(const struct look *l, size_t role, const struct table *table)
{
    return catalog_table(l->parts[role], table->name);
}

/* The first role with any of these rights to the table whom policies would hold back; -1: none. */
static int first_held_back(const struct look *l, const struct table *table, unsigned rights)
{
    for (size_t i = 0; i < l->access->n_roles; i++) {
        const struct table *part = part_of(l, i, table);

        if (part && part->rights & rights && !l->access->roles[i].bypass_rls)
            return (int)i;
    }
    return -1;
}

static bool anybody_has(const struct look *l, const struct table *table)
{
    for (size_t i = 0; i < l->access->n_roles; i++) {
        if (part_of(l, i, table))
            return true;
    }
    return false;
}

/* ---- tables */

/* A REVOKE that names it says that it is meant. */
static bool is_revoked(const struct access *access, const struct table *table)
{
    for (size_t i = 0; i < access->record->n_grants; i++) {
        const struct access_grant *g = &access->record->grants[i];

        if (g->revokes && g->object.len > 0 && access_grant_is_of(g, OBJECT_TABLE, table->name))
            return true;
    }
    return false;
}

static void look_at_rights(struct look *l, const struct table *table)
{
    if (table->kind != TABLE_TABLE || anybody_has(l, table) || is_revoked(l->access, table))
        return;
    tell(l, "%s: no role has a right to it; if that is meant: REVOKE ALL ON %s FROM PUBLIC",
         table->name.data, table->quoted);
}

static void look_at_policies(struct look *l, const struct table *table)
{
    int role = first_held_back(l, table, RIGHTS_ALL);

    if (table->kind == TABLE_VIEW || role < 0 ||
        access_switched(l->access, false, table->name) >= 0 ||
        access_has_policies(l->access, table->name))
        return;
    tell(
        l,
        "%s: no policy, %s's rights are on every row; if that is meant: ALTER TABLE %s DISABLE ROW "
        "LEVEL SECURITY",
        table->name.data, l->access->roles[role].name.data, table->quoted);
}

/* It shows what its owner sees, thus all. */
static void look_at_view(struct look *l, const struct table *view)
{
    int role = first_held_back(l, view, RIGHTS_ALL);
    bool is_said = access_switched(l->access, true, view->name) >= 0;

    if (view->kind != TABLE_VIEW || role < 0 || is_said || l->access->n_policies == 0)
        return;
    tell(l,
         "%s: a view that shows %s rows that policies hide: ALTER VIEW %s SET (security_invoker = "
         "true), or false, if that is meant",
         view->name.data, l->access->roles[role].name.data, view->quoted);
}

static bool look_at_keys(struct look *l, const struct table *table)
{
    bool replaces;

    if (!access_has_policies(l->access, table->name))
        return true;
    if (!access_check_replaces(l->db, table->name, &replaces, l->error))
        return false;
    if (replaces)
        tell(l,
             "%s: ON CONFLICT REPLACE of a key deletes the row that has it, also one that a policy "
             "hides",
             table->name.data);
    return true;
}

static bool look_at_tables(struct look *l)
{
    for (size_t i = 0; i < l->catalog->n_tables; i++) {
        const struct table *table = &l->catalog->tables[i];

        look_at_rights(l, table);
        look_at_policies(l, table);
        look_at_view(l, table);
        if (!look_at_keys(l, table))
            return false;
    }
    return true;
}

/* ---- roles */

/* One that only lends its name to a connection, as PostgREST's authenticator, is NOINHERIT. */
static void look_at_role(struct look *l, size_t i)
{
    const struct access_role *role = &l->access->roles[i];
    bool has_any = l->parts[i]->n_tables > 0 || l->parts[i]->n_routines > 0;

    if (!has_any && l->access->record->inherits[i])
        tell(l, "role %s (%s:%d): it has no right to anything", role->name.data, role->place.file,
             role->place.line);
}

static void look_for_rows(struct look *l, size_t role)
{
    const struct catalog *part = l->parts[role];

    for (size_t i = 0; i < part->n_tables; i++) {
        const struct table *table = &part->tables[i];
        bool looks = table->has_policies && table->kind != TABLE_VIEW && table->n_readable > 0;

        if (looks && !access_check_gives_rows(part, table))
            tell(l, "%s on %s: it may SELECT, and no policy gives it a row",
                 l->access->roles[role].name.data, table->name.data);
    }
}

/* ---- policies */

static bool is_used(const struct look *l, const struct access_policy *p, const struct table *table)
{
    for (size_t i = 0; i < l->access->n_roles; i++) {
        const struct table *part = part_of(l, i, table);
        bool holds = part && part->rights & p->rights && !l->access->roles[i].bypass_rls;

        if (holds && access_policy_holds_for(l->access, p, i))
            return true;
    }
    return false;
}

static void look_at_policy(struct look *l, const struct access_policy *p)
{
    const struct table *table = NULL;

    for (size_t i = 0; i < l->catalog->n_tables && !table; i++) {
        if (text_equal_nocase(l->catalog->tables[i].name, p->table))
            table = &l->catalog->tables[i];
    }
    if (!table)
        return;
    if (!access_has_policies(l->access, p->table))
        tell(l, "policy %s on %s (%s:%d): the table has DISABLE ROW LEVEL SECURITY", p->name.data,
             table->name.data, p->place.file, p->place.line);
    else if (!is_used(l, p, table))
        tell(l, "policy %s on %s (%s:%d): no role that it is for has such a right", p->name.data,
             table->name.data, p->place.file, p->place.line);
}

/* ---- all of it */

static bool make_parts(struct look *l, struct arena *arena)
{
    size_t n = l->access->n_roles;

    l->parts = arena_zeroed(arena, n + 1, sizeof *l->parts);
    if (!l->parts)
        return error_set(l->error, ERROR_MEMORY, "out of memory");
    for (size_t i = 0; i < n; i++) {
        l->parts[i] = catalog_of_role(l->catalog, i, l->error);
        if (!l->parts[i])
            return false;
    }
    return true;
}

static bool look_at_all(struct look *l)
{
    if (!look_at_tables(l))
        return false;
    for (size_t i = 0; i < l->access->n_roles; i++) {
        look_at_role(l, i);
        look_for_rows(l, i);
    }
    for (size_t i = 0; i < l->access->n_policies; i++)
        look_at_policy(l, &l->access->policies[i]);
    for (size_t i = 0; i < l->access->n_roles; i++) {
        if (!access_check_plans(l->db, l->parts[i], l->check, l->error))
            return false;
    }
    return true;
}

bool access_check(struct db *db, struct catalog *catalog, struct access_check *check,
                  struct error *e)
{
    struct look l = {
        .db = db, .catalog = catalog, .access = catalog->access, .check = check, .error = e};
    struct arena arena;
    bool ok;

    arena_init(&arena, 1 << 20);
    ok = make_parts(&l, &arena) && look_at_all(&l);
    for (size_t i = 0; l.parts && i < l.access->n_roles; i++)
        catalog_drop(l.parts[i]);
    arena_finish(&arena);
    return ok;
}
