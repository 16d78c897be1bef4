/*
 * Access files against a catalogue: is all there that they name?
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/text.h"
#include "store/access/access_nearest.h"
#include "store/access/access_record.h"
#include "store/catalog/catalog.h"
#include "store/catalog/routine.h"

struct fit {
    const struct access *access;
    const struct catalog *catalog;
    struct error *e;
};

static bool fail_at(const struct fit *f, struct access_place place, const char *what,
                    struct slice name, const char *rest)
{
    return error_set(f->e, ERROR_FAILURE, "%s:%d:%d: %s \"%.*s\"%s", place.file, place.line,
                     place.column, what, SLICE_SHOWN(name), rest);
}

/* ---- tables */

static const struct table *find_table(const struct catalog *catalog, struct slice name)
{
    for (size_t i = 0; i < catalog->n_tables; i++) {
        if (text_equal_nocase(catalog->tables[i].name, name))
            return &catalog->tables[i];
    }
    return NULL;
}

/* It is in the schema, and this program cannot serve it: nobody reads it, whatever is granted. */
static bool is_unserved(const struct unserved *unserved, size_t n, struct slice name)
{
    for (size_t i = 0; i < n; i++) {
        if (text_equal_nocase(unserved[i].name, name))
            return true;
    }
    return false;
}

/* The table, NULL if it is there and not served; false if it is not there. */
static bool look_up_table(const struct fit *f, struct access_place place, struct slice name,
                          const struct table **out)
{
    const struct catalog *c = f->catalog;
    struct access_nearest nearest;

    *out = find_table(c, name);
    if (*out || is_unserved(c->unserved, c->n_unserved, name))
        return true;
    access_nearest_begin(&nearest, name);
    for (size_t i = 0; i < c->n_tables; i++)
        access_nearest_offer(&nearest, c->tables[i].name);
    return fail_at(f, place, "there is no table or view", name, access_nearest_end(&nearest));
}

static bool column_fits(const struct fit *f, const struct access_granted_column *granted,
                        const struct table *table)
{
    struct slice name = granted->column.name;
    struct access_nearest nearest;

    access_nearest_begin(&nearest, name);
    for (size_t i = 0; i < table->n_columns; i++) {
        if (text_equal_nocase(table->columns[i].name, name))
            return true;
        access_nearest_offer(&nearest, table->columns[i].name);
    }
    if (is_unserved(table->unserved, table->n_unserved, name))
        return true;
    return error_set(f->e, ERROR_FAILURE, "%s:%d:%d: %s has no column \"%.*s\"%s",
                     granted->place.file, granted->place.line, granted->place.column,
                     table->name.data, SLICE_SHOWN(name), access_nearest_end(&nearest));
}

/* ---- queries */

static bool routine_fits(const struct fit *f, const struct access_grant *g)
{
    struct access_nearest nearest;

    access_nearest_begin(&nearest, g->object);
    for (size_t i = 0; i < f->catalog->n_routines; i++) {
        struct slice name = f->catalog->routines[i].source->name;

        if (text_equal_nocase(name, g->object))
            return true;
        access_nearest_offer(&nearest, name);
    }
    return fail_at(f, g->object_place, "there is no query", g->object,
                   access_nearest_end(&nearest));
}

/* ---- the lists */

static bool grant_fits(const struct fit *f, const struct access_grant *g)
{
    const struct table *table;

    if (g->object.len == 0)
        return true;
    if (g->kind == OBJECT_ROUTINE)
        return routine_fits(f, g);
    if (!look_up_table(f, g->object_place, g->object, &table))
        return false;
    for (size_t i = 0; table && i < g->n_columns; i++) {
        if (!column_fits(f, &g->columns[i], table))
            return false;
    }
    return true;
}

static bool grants_fit(const struct fit *f)
{
    for (size_t i = 0; i < f->access->record->n_grants; i++) {
        if (!grant_fits(f, &f->access->record->grants[i]))
            return false;
    }
    return true;
}

/* As PostgreSQL has it: a view shows what its owner, or with security_invoker its caller, may see. */
static bool table_may_have_policies(const struct fit *f, struct access_place place,
                                    struct slice name)
{
    const struct table *table;

    if (!look_up_table(f, place, name, &table))
        return false;
    if (!table || table->kind != TABLE_VIEW)
        return true;
    return fail_at(f, place, "policies are of tables, and this is a view:", name,
                   "; ALTER VIEW … SET (security_invoker = true) has it show what the tables' "
                   "policies show");
}

static bool policies_fit(const struct fit *f)
{
    for (size_t i = 0; i < f->access->n_policies; i++) {
        const struct access_policy *p = &f->access->policies[i];

        if (!table_may_have_policies(f, p->table_place, p->table))
            return false;
    }
    return true;
}

static bool view_fits(const struct fit *f, const struct access_switch *s)
{
    const struct table *view;

    if (!look_up_table(f, s->place, s->name, &view))
        return false;
    if (!view || view->kind == TABLE_VIEW)
        return true;
    return fail_at(f, s->place, "security_invoker is of views, and this is a table:", s->name, "");
}

static bool switches_fit(const struct fit *f)
{
    for (size_t i = 0; i < f->access->record->n_switches; i++) {
        const struct access_switch *s = &f->access->record->switches[i];
        bool ok = s->is_view ? view_fits(f, s) : table_may_have_policies(f, s->place, s->name);

        if (!ok)
            return false;
    }
    return true;
}

bool access_fits(const struct access *access, const struct catalog *catalog, struct error *e)
{
    const struct fit f = {access, catalog, e};

    return grants_fit(&f) && policies_fit(&f) && switches_fit(&f);
}
