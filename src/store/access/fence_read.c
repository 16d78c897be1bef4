/* SPDX-License-Identifier: MIT */
#include "store/access/fence_read.h"

#include <string.h>

#include "base/text.h"
#include "store/access/access.h"
#include "store/access/role_view_text.h"

/* ---- names: SQLite gives an object's as the schema has it, a context's as the statement spells it */

const struct table *fence_find_table(const struct catalog *catalog, struct slice name)
{
    const struct table *table = catalog_table(catalog, name);

    for (size_t i = 0; !table && i < catalog->n_tables; i++) {
        if (text_equal_nocase(catalog->tables[i].name, name))
            table = &catalog->tables[i];
    }
    return table;
}

const struct table *fence_own(const struct fence *f, const struct table *whole)
{
    return catalog_table(f->role, whole->name);
}

static bool is_schema_view(const struct catalog *whole, struct slice name)
{
    const struct table *table = fence_find_table(whole, name);

    if (table)
        return table->kind == TABLE_VIEW;
    return catalog_unserved(whole, name) != NULL;
}

static bool is_schema_trigger(const struct catalog *whole, struct slice name)
{
    for (size_t i = 0; i < whole->n_triggers; i++) {
        if (slice_equal(whole->trigger_names[i], name))
            return true;
    }
    return false;
}

/* A view or trigger of the schema's: what is in it is its owner's. */
bool fence_is_owned(const struct fence *f, const char *context)
{
    struct slice name = slice_from(context);

    return context &&
           (is_schema_view(f->role->base, name) || is_schema_trigger(f->role->base, name));
}

static bool begins_nocase(struct slice name, const char *beginning)
{
    struct slice wanted = slice_from(beginning);

    return name.len >= wanted.len && text_equal_nocase(slice_first(name, wanted.len), wanted);
}

/* ---- what was seen of the statement so far */

/* Where what is seen of the table is noted; NULL: there is no room. */
static unsigned *mentions_of(struct fence *f, const struct table *table)
{
    for (size_t i = 0; i < f->n_tables; i++) {
        if (f->tables[i].table == table)
            return &f->tables[i].mentions;
    }
    if (f->n_tables == FENCE_TABLES_MAX)
        return NULL;
    f->tables[f->n_tables].table = table;
    f->tables[f->n_tables].mentions = 0;
    return &f->tables[f->n_tables++].mentions;
}

static bool note_mention(struct fence *f, const struct table *table, enum fence_mention how)
{
    unsigned *mentions = mentions_of(f, table);

    if (mentions)
        *mentions |= how;
    return mentions != NULL;
}

static bool was_mentioned(struct fence *f, const struct table *table, enum fence_mention how)
{
    const unsigned *mentions = mentions_of(f, table);

    return mentions && (*mentions & how);
}

void fence_note_written(struct fence *f, const struct table *table)
{
    if (!note_mention(f, table, MENTION_WRITTEN))
        f->writes_more = true;
}

/* ---- columns */

static bool reads_column(const struct table *own, const char *column)
{
    int at = own ? table_column(own, slice_from(column)) : -1;

    return at >= 0 && (size_t)at < own->n_readable;
}

/* What tells rows apart, of a table that is written, or of which something may be read. */
static bool is_identity(const struct table *whole, const char *column)
{
    int at = table_column(whole, slice_from(column));

    if (at < 0)
        return strcmp(column, "ROWID") == 0;
    return at == whole->rowid_alias || (!whole->rowid && whole->columns[at].key_position > 0);
}

bool fence_is_among(int column, const int *columns, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (columns[i] == column)
            return true;
    }
    return false;
}

static bool is_written(struct fence *f, const struct table *whole)
{
    return whole == f->target || f->writes_more || was_mentioned(f, whole, MENTION_WRITTEN);
}

/*
 * A column of a foreign key, on either side, of which the other side is written: to see to the key SQLite
 * reads it in the statement's name (sqlite.org/foreignkeys.html §3: the parent's, when a child is written,
 * the children's, when their parent is).
 */
static bool is_foreign_column(struct fence *f, const struct table *whole, const char *column)
{
    int at = table_column(whole, slice_from(column));

    for (size_t i = 0; i < whole->n_referring; i++) {
        const struct foreign_key *key = whole->referring[i];

        if (fence_is_among(at, key->parent_columns, key->n_columns) && is_written(f, key->child))
            return true;
    }
    for (size_t i = 0; i < whole->n_foreign; i++) {
        const struct foreign_key *key = whole->foreign[i];

        if (fence_is_among(at, key->columns, key->n_columns) && is_written(f, key->parent))
            return true;
    }
    return false;
}

/* An index that a table of the role's is searched by. */
static bool is_searchable(const struct fence *f, const struct table *index)
{
    for (size_t i = 0; i < f->role->n_tables; i++) {
        const struct fts_index *fts = f->role->tables[i].fts;

        if (fts && fts->index == index)
            return true;
    }
    return false;
}

/* ---- reading */

static bool is_open(const struct table *own)
{
    return own && !own->has_policies && own->n_readable > 0;
}

static bool may_read_target(const struct table *whole, const struct table *own, const char *column)
{
    if (whole->kind == TABLE_VIEW || is_identity(whole, column))
        return true;
    return reads_column(own, column);
}

/* The values of an UPDATE are looked at before it is known what it writes. */
static bool awaits_target(struct fence *f, const struct table *whole, const struct table *own,
                          const char *column)
{
    if (f->target || !own || (f->awaited && f->awaited != whole))
        return false;
    if (!(own->rights & RIGHT_UPDATE) || !may_read_target(whole, own, column))
        return false;
    f->awaited = whole;
    return true;
}

static bool may_read_column(struct fence *f, const struct table *whole, const char *column)
{
    const struct table *own = fence_own(f, whole);

    if (f->target == whole && may_read_target(whole, own, column))
        return true;
    if (f->target && is_foreign_column(f, whole, column))
        return true;
    if (whole->kind == TABLE_VIRTUAL && is_searchable(f, whole))
        return true;
    if (!is_open(own))
        return awaits_target(f, whole, own, column);
    return reads_column(own, column) || (whole->kind != TABLE_VIEW && is_identity(whole, column));
}

/* No column of it: count(*), EXISTS. The schema is what the statement says, if it says one. */
static bool may_count(struct fence *f, const struct table *whole, const char *schema)
{
    if (schema && strcmp(schema, ROLE_VIEW_SCHEMA) == 0)
        return true;
    if (was_mentioned(f, whole, MENTION_OWNED))
        return true;
    if (!schema && was_mentioned(f, whole, MENTION_SHADOWED))
        return true;
    return is_open(fence_own(f, whole)) || is_searchable(f, whole);
}

/* What is no table of the catalogue: a table-valued function, what a virtual table keeps its own in. */
bool fence_may_read_other(const struct fence *f, struct slice name)
{
    static const char *const kept[] = {"sqlite_", "pragma_", "dbstat", "thimble_"};

    if (slice_is(name, "thimble_keys"))
        return true;
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        if (begins_nocase(name, kept[i]))
            return false;
    }
    return catalog_unserved(f->role->base, name) == NULL;
}

static void note_chosen(struct fence *f, const struct role_name *view)
{
    if (!f->target || !slice_equal(view->table, f->target->name))
        return;
    if (slice_is(view->variant, "u"))
        f->chosen |= RIGHT_UPDATE;
    if (slice_is(view->variant, "d"))
        f->chosen |= RIGHT_DELETE;
}

/* A role's view. Those of other roles are read by their triggers, and by what those read. */
static bool may_read_view(struct fence *f, struct slice name, const struct role_name *in,
                          const char *context)
{
    struct role_name view;
    const struct table *whole;
    bool of_trigger;

    if (!role_name_read(name, &view))
        return false;
    of_trigger = slice_is(view.variant, "i") || slice_is(view.variant, "v") ||
                 slice_is(view.variant, "c") || slice_is(view.variant, "e");
    if (of_trigger)
        return in && in->role == view.role && in->variant.len == 2;
    if (view.role != f->role->role)
        return context && f->triggers;
    if (!in)
        note_chosen(f, &view);
    whole = context && !in ? catalog_table(f->role->base, view.table) : NULL;
    if (whole && text_equal_nocase(slice_from(context), view.table))
        return note_mention(f, whole, MENTION_SHADOWED);
    return true;
}

bool fence_may_read(struct fence *f, const char *name, const char *column, const char *schema,
                    const char *context)
{
    struct role_name place;
    bool in_own = context && role_name_read(slice_from(context), &place);
    const struct table *whole;

    if (schema && strcmp(schema, "temp") == 0)
        return may_read_view(f, slice_from(name), in_own ? &place : NULL, context);
    whole = fence_find_table(f->role->base, slice_from(name));
    if (!whole)
        return fence_may_read_other(f, slice_from(name));
    if (in_own && slice_equal(place.table, whole->name))
        return true;
    if (fence_is_owned(f, context))
        return note_mention(f, whole, MENTION_OWNED);
    if (column[0] == '\0')
        return may_count(f, whole, schema);
    return may_read_column(f, whole, column);
}
