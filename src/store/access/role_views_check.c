/* SPDX-License-Identifier: MIT */
#include "store/access/role_views_check.h"

#include <sqlite3.h>

#include "base/text.h"
#include "store/access/access.h"
#include "store/access/fence.h"
#include "store/access/role_missing.h"
#include "store/access/role_policy.h"
#include "store/access/role_view_text.h"
#include "store/access/role_views.h"
#include "store/catalog/lexer.h"
#include "store/db/db.h"

/* Bytes of one statement. */
#define SQL_MAX ((size_t)2 << 20)

struct checking {
    struct db *db;
    const struct catalog *role;
    bool
        alone; /* each by itself: what it mentions is the whole table, the views are not there yet */
    bool lacks; /* a right that a condition of the table at hand needs: that is told */
    struct buf sql;
    struct error *error;
};

/* The place of a byte of an expression whose first is at `start`. */
static struct access_place place_within(struct access_place start, const char *expression,
                                        size_t byte)
{
    for (size_t i = 0; i < byte; i++) {
        bool is_character = ((unsigned char)expression[i] & 0xc0) != 0x80;

        start.column += is_character;
        if (expression[i] != '\n')
            continue;
        start.line++;
        start.column = 1;
    }
    return start;
}

/* SQLite's place in the statement, if that is in the expression; else where the expression begins. */
static struct access_place fault_place(const struct checking *c, size_t before,
                                       const char *expression, struct access_place start)
{
    int offset = sqlite3_error_offset(db_handle(c->db));
    size_t len = strlen(expression), at;

    if (offset < 0 || (size_t)offset < before)
        return start;
    at = (size_t)offset - before;
    return at < len ? place_within(start, expression, at) : start;
}

static bool tell_fault(struct checking *c, struct access_place place, const struct table *table)
{
    const char *words = sqlite3_errmsg(db_handle(c->db));

    if (strstr(words, "circular"))
        return error_set(c->error, ERROR_FAILURE,
                         "%s:%d:%d: infinite recursion detected in policy for relation \"%s\"",
                         place.file, place.line, place.column, table->name.data);
    return error_set(c->error, ERROR_FAILURE, "%s:%d:%d: %s", place.file, place.line, place.column,
                     words);
}

/* A condition as the views have it, over the rows of its table. */
static bool check_condition(struct checking *c, const struct table *table, const char *expression,
                            struct access_place place)
{
    struct fence fence = {.role = c->role};
    sqlite3_stmt *stmt = NULL;
    size_t before;
    int rc;

    if (!expression)
        return true;
    buf_clear(&c->sql);
    if (!c->alone)
        (void)policy_with(&c->sql, c->role, slice_from(expression));
    buf_addf(&c->sql, " SELECT 1 FROM %s WHERE (", table->target);
    before = c->sql.len;
    buf_addf(&c->sql, "%s\n)", expression);
    if (c->sql.failed)
        return error_set(c->error, ERROR_MEMORY, "out of memory");
    rc = sqlite3_prepare_v2(db_handle(c->db), c->sql.data, (int)c->sql.len, &stmt, NULL);
    sqlite3_finalize(stmt);
    if (rc == SQLITE_OK)
        return true;
    if (rc == SQLITE_NOMEM)
        return error_set(c->error, ERROR_MEMORY, "out of memory");
    if (!c->alone && fence_hides(&fence, sqlite3_errmsg(db_handle(c->db)))) {
        c->lacks = true;
        role_missing_tell(c->role, table, &fence);
        return true;
    }
    return tell_fault(c, fault_place(c, before, expression, place), table);
}

static bool check_policies(struct checking *c, const struct table *table)
{
    const struct access *access = c->role->access;

    for (size_t i = 0; i < access->n_policies; i++) {
        const struct access_policy *policy = &access->policies[i];

        if (!text_equal_nocase(policy->table, table->name) ||
            !access_policy_holds_for(access, policy, c->role->role))
            continue;
        if (!check_condition(c, table, policy->using, policy->using_place) ||
            !check_condition(c, table, policy->check, policy->check_place))
            return false;
    }
    return true;
}

/* As the role reads it. Of a view of the schema, that is all that there is to look at. What is not granted
 * is a warning. */
static bool check_view(struct checking *c, const struct table *table)
{
    struct fence fence = {.role = c->role};
    struct error cause = error_none();
    sqlite3_stmt *stmt = NULL;
    int rc;

    buf_clear(&c->sql);
    buf_addf(&c->sql, "SELECT 1 FROM %s", table->quoted);
    if (c->sql.failed)
        return error_set(c->error, ERROR_MEMORY, "out of memory");
    db_fence(c->db, &fence);
    rc = sqlite3_prepare_v2(db_handle(c->db), c->sql.data, (int)c->sql.len, &stmt, NULL);
    db_fence(c->db, NULL);
    sqlite3_finalize(stmt);
    if (rc == SQLITE_OK)
        return true;
    if (!fence.denied[0])
        (void)fence_hides(&fence, sqlite3_errmsg(db_handle(c->db)));
    if (fence.denied[0]) {
        role_missing_tell(c->role, table, &fence);
        return true;
    }
    db_error(c->db, rc, &cause);
    return error_set(c->error, ERROR_FAILURE, "the role \"%s\" cannot read \"%s\": %s",
                     c->role->access->roles[c->role->role].name.data, table->name.data,
                     cause.message);
}

/* CREATE TABLE … as it is in the schema: does a constraint of it say ON CONFLICT REPLACE? */
static bool replaces_rows(struct slice sql)
{
    struct lexer x = {.sql = sql};
    struct token before = {.kind = TOKEN_END}, t = lexer_next(&x);

    for (; t.kind != TOKEN_END; before = t, t = lexer_next(&x)) {
        if (token_is(t, "REPLACE") && token_is(before, "CONFLICT"))
            return true;
    }
    return false;
}

/* Such a constraint removes rows that a policy hides, and no trigger sees it. */
static bool check_constraints(struct checking *c, const struct table *table)
{
    static const char sql[] = "SELECT sql FROM main.sqlite_schema WHERE type='table' AND name=?1";
    sqlite3_stmt *stmt = NULL;
    bool replaces = false;

    if (!(table->rights & (RIGHT_INSERT | RIGHT_UPDATE)))
        return true;
    if (sqlite3_prepare_v2(db_handle(c->db), sql, sizeof sql, &stmt, NULL) == SQLITE_OK &&
        sqlite3_bind_text(stmt, 1, table->name.data, (int)table->name.len, SQLITE_STATIC) ==
            SQLITE_OK &&
        sqlite3_step(stmt) == SQLITE_ROW)
        replaces = replaces_rows(slice_from((const char *)sqlite3_column_text(stmt, 0)));
    sqlite3_finalize(stmt);
    return !replaces ||
           error_set(c->error, ERROR_FAILURE,
                     "the role \"%s\" may not write \"%s\": a constraint that says ON CONFLICT "
                     "REPLACE would remove rows that its policies hide",
                     c->role->access->roles[c->role->role].name.data, table->name.data);
}

static bool check_table(struct checking *c, const struct table *table)
{
    if (!table->has_policies)
        return true;
    c->lacks = false;
    if (c->alone && table->kind == TABLE_TABLE && !check_constraints(c, table))
        return false;
    if (table->kind != TABLE_VIEW && !check_policies(c, table))
        return false;
    return c->alone || c->lacks || table->n_readable == 0 || check_view(c, table);
}

static bool check_tables(struct checking *c)
{
    for (size_t i = 0; i < c->role->n_tables; i++) {
        if (!check_table(c, &c->role->tables[i]))
            return false;
    }
    return true;
}

/* A table that is called as a view of a role's is would be mistaken for it. */
static bool check_names(struct checking *c)
{
    const struct catalog *base = c->role->base;

    for (size_t i = 0; i < base->n_tables; i++) {
        struct role_name view;

        if (role_name_read(base->tables[i].name, &view) && catalog_table(base, view.table))
            return error_set(
                c->error, ERROR_FAILURE,
                "the table \"%s\" is called as a role's view of \"%.*s\" is: rename it",
                base->tables[i].name.data, SLICE_ARG(view.table));
    }
    return true;
}

/* First each by itself: what is wrong in one is in every view that mentions its table. */
bool role_views_check(struct db *db, const struct catalog *role, struct error *e)
{
    struct checking c = {.db = db, .role = role, .alone = true, .error = e};
    bool ok;

    buf_init(&c.sql, SQL_MAX);
    ok = check_names(&c) && check_tables(&c) && role_views_attach(db, role, e);
    c.alone = false;
    ok = ok && check_tables(&c);
    buf_finish(&c.sql);
    return ok;
}
