/* SPDX-License-Identifier: MIT */
#include "store/access/fence.h"

#include <stdio.h>
#include <string.h>

#include <sqlite3.h>

#include "base/text.h"
#include "store/access/access.h"
#include "store/access/fence_read.h"
#include "store/access/role_view_text.h"
#include "store/catalog/lexer.h"

/* ---- writing */

static bool may_update_column(const struct table *own, const char *column)
{
    int at = own ? table_column(own, slice_from(column)) : -1;

    return at >= 0 && (own->columns[at].rights & RIGHT_UPDATE);
}

static bool has_right(const struct table *own, unsigned right, const char *column)
{
    if (right == RIGHT_UPDATE)
        return may_update_column(own, column);
    return own && (own->rights & right);
}

/* The statement's own write comes first, an upsert's UPDATE after its INSERT; what else is not in a
 * trigger is a foreign key's. */
static bool is_own_write(const struct fence *f, const struct table *whole, unsigned right)
{
    if (!f->target || right == RIGHT_INSERT)
        return true;
    return f->target == whole && (f->writes == right || (f->writes & RIGHT_INSERT));
}

/* A foreign key's action: on the table that is written only by a key of its own to itself. */
static bool may_act(const struct fence *f, const struct table *whole, unsigned right,
                    const char *column)
{
    int at = table_column(whole, slice_from(column));

    for (size_t i = 0; f->target && i < whole->n_foreign; i++) {
        const struct foreign_key *key = whole->foreign[i];

        if (whole == f->target && key->parent != whole)
            continue;
        if (right == RIGHT_DELETE || fence_is_among(at, key->columns, key->n_columns))
            return true;
    }
    return false;
}

static bool may_write(struct fence *f, unsigned right, const char *name, const char *column,
                      const char *schema, const char *context)
{
    const struct table *whole = fence_find_table(f->role->base, slice_from(name));

    if (schema && strcmp(schema, "temp") == 0)
        return false;
    if (fence_is_owned(f, context))
        return true;
    if (!whole)
        return fence_may_read_other(f, slice_from(name));
    if (is_own_write(f, whole, right) && has_right(fence_own(f, whole), right, column)) {
        f->target = whole;
        f->writes |= right;
    } else if (!may_act(f, whole, right, column)) {
        return false;
    }
    fence_note_written(f, whole);
    return true;
}

/* ---- all */

static bool allows(struct fence *f, int action, const char *a, const char *b, const char *schema,
                   const char *context)
{
    struct role_name place;

    switch (action) {
    case SQLITE_SELECT:
    case SQLITE_RECURSIVE:
    case SQLITE_TRANSACTION:
    case SQLITE_SAVEPOINT: return true;
    case SQLITE_FUNCTION: /* the first thing that a trigger of ours mentions is a function */
        if (context && role_name_read(slice_from(context), &place))
            f->triggers |= place.role != f->role->role;
        if (!context && strcmp(b, "thimble_at") == 0)
            f->tells_rows = true;
        return true;
    case SQLITE_READ: return fence_may_read(f, a, b, schema, context);
    case SQLITE_INSERT: return may_write(f, RIGHT_INSERT, a, "", schema, context);
    case SQLITE_UPDATE: return may_write(f, RIGHT_UPDATE, a, b, schema, context);
    case SQLITE_DELETE: return may_write(f, RIGHT_DELETE, a, "", schema, context);
    default: return false;
    }
}

/* The first that is denied is told. */
static bool deny(struct fence *f, struct slice name)
{
    const struct table *whole;
    struct role_name view;

    if (role_name_read(name, &view))
        name = view.table;
    whole = fence_find_table(f->role->base, name);
    if (whole)
        name = whole->name;
    if (!f->denied[0])
        snprintf(f->denied, sizeof f->denied, "%.*s", SLICE_ARG(name));
    return false;
}

bool fence_allows(struct fence *f, int action, const char *a, const char *b, const char *schema,
                  const char *context)
{
    if (allows(f, action, a, b, schema, context))
        return true;
    if (action == SQLITE_READ && !f->denied[0])
        snprintf(f->column, sizeof f->column, "%s", b);
    return deny(f, slice_from(a ? a : "this"));
}

static bool has_word(struct slice sql, struct slice word)
{
    struct lexer x = {.sql = sql};
    struct token t = lexer_next(&x);

    for (; t.kind != TOKEN_END; t = lexer_next(&x)) {
        if (t.kind == TOKEN_WORD && text_equal_nocase(t.text, word))
            return true;
    }
    return false;
}

/* INSERT OR REPLACE, UPDATE OR REPLACE, REPLACE INTO; not replace(…). */
static bool replaces_rows(struct slice sql)
{
    struct lexer x = {.sql = sql};
    struct token before = {.kind = TOKEN_END}, t = lexer_next(&x), next;

    for (; t.kind != TOKEN_END; before = t, t = next) {
        next = lexer_next(&x);
        if (token_is(t, "REPLACE") && (token_is(before, "OR") || token_is(next, "INTO")))
            return true;
    }
    return false;
}

bool fence_passes(struct fence *f, struct slice sql)
{
    const struct table *own = f->target ? fence_own(f, f->target) : NULL;

    if (f->awaited && f->awaited != f->target)
        return deny(f, f->awaited->name);
    if (own && own->has_policies && f->target->kind == TABLE_TABLE && replaces_rows(sql))
        return deny(f, f->target->name);
    return true;
}

/* "no such column: t.name", "no such column: "name" - …": the name; empty if that is not what it says. */
static struct slice missing_column(const char *message)
{
    static const struct slice says = SLICE_LITERAL("no such column: ");
    struct slice all = slice_from(message), name;
    size_t len;

    if (!slice_begins(all, says))
        return slice_make("", 0);
    name = slice_after(all, says.len);
    if (name.len > 0 && name.data[0] == '"')
        return slice_make(name.data + 1, slice_find(slice_after(name, 1), '"'));
    for (len = name.len; len > 0 && name.data[len - 1] != '.';)
        len--;
    return slice_after(name, len);
}

static bool reads_column(const struct table *table, struct slice name)
{
    for (size_t i = 0; table && i < table->n_readable; i++) {
        if (text_equal_nocase(table->columns[i].name, name))
            return true;
    }
    return false;
}

/* The rowid is no column of a role's views: in a view of the schema that asks for its caller its name means
 * nothing. */
static const struct table *view_with_rowid(const struct catalog *role, struct slice name)
{
    static const char *const names[] = {"rowid", "_rowid_", "oid"};
    bool is_rowid = false;

    for (size_t i = 0; i < 3; i++)
        is_rowid |= text_equal_nocase(name, slice_from(names[i]));
    for (size_t i = 0; is_rowid && i < role->n_tables; i++) {
        const struct table *table = &role->tables[i];

        if (table->kind == TABLE_VIEW && table->has_policies && has_word(table->whole->sql, name))
            return table;
    }
    return NULL;
}

/* A table of the role's, rather than one that it has no right to at all. */
bool fence_hides(struct fence *f, const char *message)
{
    const struct catalog *base = f->role->base;
    struct slice name = missing_column(message);
    const struct table *found = NULL;

    for (size_t i = 0; name.len > 0 && i < base->n_tables; i++) {
        const struct table *whole = &base->tables[i], *own = fence_own(f, whole);

        if (!reads_column(whole, name) || reads_column(own, name))
            continue;
        if (!found || own)
            found = whole;
    }
    if (!found)
        found = view_with_rowid(f->role, name);
    if (!found)
        return false;
    snprintf(f->column, sizeof f->column, "%.*s", SLICE_ARG(name));
    (void)deny(f, found->name);
    return true;
}
