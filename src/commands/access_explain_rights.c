/*
 * Which grants and policies apply, for access explain.
 *
 * SPDX-License-Identifier: MIT
 */
#include "commands/access_explain.h"

#include "base/text.h"
#include "store/access/access.h"
#include "store/access/access_record.h"
#include "store/catalog/lexer.h"
#include "store/db/identity.h"
#include "store/db/statement.h"

/* Tables of a role's catalogue that are told already, or are to be. */
#define TOLD_MAX 64

struct told {
    const struct catalog *part;
    const struct table *tables[TOLD_MAX];
    unsigned rights[TOLD_MAX]; /* that are asked for */
    size_t n;
    struct db *db;
    struct buf *out;
};

static const struct word {
    const char *word;
    unsigned right;
} words[] = {{"SELECT", RIGHT_SELECT},
             {"INSERT", RIGHT_INSERT},
             {"UPDATE", RIGHT_UPDATE},
             {"DELETE", RIGHT_DELETE}};

#define N_WORDS (sizeof words / sizeof *words)

static void add(struct told *t, const struct table *table, unsigned rights)
{
    for (size_t i = 0; i < t->n; i++) {
        if (t->tables[i] == table)
            return;
    }
    if (t->n == TOLD_MAX)
        return;
    t->tables[t->n] = table;
    t->rights[t->n++] = rights;
}

/* ---- which tables */

static bool holds(struct slice text, const char *part)
{
    size_t len = strlen(part);

    for (size_t i = 0; i + len <= text.len; i++) {
        if (memcmp(text.data + i, part, len) == 0)
            return true;
    }
    return false;
}

static void add_of_statement(struct told *t, struct slice sql)
{
    for (size_t i = 0; i < t->part->n_tables; i++) {
        const struct table *table = &t->part->tables[i];

        if (holds(sql, table->quoted) || holds(sql, table->target))
            add(t, table, RIGHT_SELECT);
    }
}

/* Each name in it that is a table's: a few too many do no harm. */
static void add_of_policy(struct told *t, const char *text)
{
    struct lexer x = {.sql = slice_from(text)};

    for (struct token at = lexer_next(&x); at.kind != TOKEN_END; at = lexer_next(&x)) {
        for (size_t i = 0; i < t->part->n_tables; i++) {
            if (text_equal_nocase(t->part->tables[i].name, at.text))
                add(t, &t->part->tables[i], RIGHT_SELECT);
        }
    }
}

/* ---- grants */

static void list_rights(struct buf *out, unsigned rights, const char **before)
{
    for (size_t i = 0; i < N_WORDS; i++) {
        if (!(rights & words[i].right))
            continue;
        buf_addf(out, "%s%s", *before, words[i].word);
        *before = ", ";
    }
}

static void list_column(struct buf *out, const struct access_column_rights *c, unsigned right)
{
    if (right == RIGHT_INSERT && c->preset_insert)
        buf_addf(out, "%s DEFAULT %s", c->name.data, c->preset_insert);
    else if (right == RIGHT_UPDATE && c->preset_update)
        buf_addf(out, "%s DEFAULT %s", c->name.data, c->preset_update);
    else
        buf_addf(out, "%s", c->name.data);
}

/* SELECT (id, title) */
static void list_columns(struct buf *out, const struct access_grant *g, const struct word *word,
                         const char **before)
{
    bool is_first = true;

    for (size_t i = 0; i < g->n_columns; i++) {
        const struct access_column_rights *c = &g->columns[i].column;

        if (!(c->rights & word->right))
            continue;
        if (is_first)
            buf_addf(out, "%s%s (", *before, word->word);
        else
            buf_add_text(out, ", ");
        list_column(out, c, word->right);
        is_first = false;
        *before = ", ";
    }
    if (!is_first)
        buf_add_char(out, ')');
}

static const char *grantee_name(const struct access *access, int grantee)
{
    if (grantee == GRANTEE_PUBLIC)
        return "PUBLIC";
    return access->roles[grantee].name.data;
}

static void list_grant(struct buf *out, const struct access *access, const struct access_grant *g)
{
    const char *before = g->revokes ? "  REVOKE " : "  GRANT ";
    bool is_all = g->object.len == 0;

    list_rights(out, g->rights, &before);
    for (size_t i = 0; i < N_WORDS; i++)
        list_columns(out, g, &words[i], &before);
    buf_addf(out, " ON %s %s %s  -- %s:%d\n", is_all ? "ALL TABLES" : g->object.data,
             g->revokes ? "FROM" : "TO", grantee_name(access, g->grantee), g->place.file,
             g->place.line);
}

static void list_grants(struct buf *out, const struct catalog *part, const struct table *table)
{
    const struct access *access = part->access;
    const bool *is = access->roles[part->role].is;

    for (size_t i = 0; i < access->record->n_grants; i++) {
        const struct access_grant *g = &access->record->grants[i];
        bool is_its = g->grantee == GRANTEE_PUBLIC || is[g->grantee];

        if (is_its && access_grant_is_of(g, OBJECT_TABLE, table->name))
            list_grant(out, access, g);
    }
}

/* ---- policies */

static void list_whose(struct buf *out, const struct access *access, const struct access_policy *p)
{
    const char *before = " TO ";

    if (p->everyone)
        buf_add_text(out, " TO PUBLIC");
    for (size_t i = 0; !p->everyone && i < access->n_roles; i++) {
        if (!p->roles[i])
            continue;
        buf_addf(out, "%s%s", before, access->roles[i].name.data);
        before = ", ";
    }
}

static void list_policy(struct buf *out, const struct access *access, const struct access_policy *p)
{
    const char *before = " FOR ";

    buf_addf(out, "  POLICY %s%s", p->name.data, p->restrictive ? " AS RESTRICTIVE" : "");
    if (p->rights == RIGHTS_ALL)
        buf_add_text(out, " FOR ALL");
    else
        list_rights(out, p->rights, &before);
    list_whose(out, access, p);
    if (p->using)
        buf_addf(out, " USING (%s)", p->using);
    if (p->check)
        buf_addf(out, " WITH CHECK (%s)", p->check);
    buf_addf(out, "  -- %s:%d\n", p->place.file, p->place.line);
}

/* Those that hold for the role, of the rights that are asked for. */
static size_t list_policies(struct told *t, const struct table *table, unsigned rights)
{
    const struct access *access = t->part->access;
    size_t n = 0;

    for (size_t i = 0; i < access->n_policies; i++) {
        const struct access_policy *p = &access->policies[i];
        bool is_of = text_equal_nocase(p->table, table->name) && p->rights & rights;

        if (!is_of || !access_policy_holds_for(access, p, t->part->role))
            continue;
        list_policy(t->out, access, p);
        n++;
        if (p->using)
            add_of_policy(t, p->using);
        if (p->check)
            add_of_policy(t, p->check);
    }
    return n;
}

/* ---- views */

static void add_line(struct buf *out, struct slice text)
{
    buf_add_text(out, "  ");
    for (size_t i = 0; i < text.len; i++)
        buf_add_char(out, text.data[i] == '\n' ? ' ' : text.data[i]);
    buf_add_char(out, '\n');
}

/* The view by its name in SQL: temp."tasks@3". */
static void list_view(struct told *t, const char *quoted)
{
    static const struct slice sql =
        SLICE_LITERAL("SELECT sql FROM sqlite_temp_schema WHERE type = 'view' AND "
                      "'temp.\"' || replace(name, '\"', '\"\"') || '\"' = ?1");
    const struct value value = value_text(slice_from(quoted));
    struct error ignored = error_none();
    struct statement *st = statement_get(t->db, sql, &ignored);

    if (st && statement_bind(st, &value, 1, &ignored) && statement_step(st, &ignored) == STEP_ROW)
        add_line(t->out, statement_bytes(st, 0));
    statement_release(st);
}

static void list_views(struct told *t, const struct table *table, unsigned rights)
{
    list_view(t, table->quoted);
    if (rights & RIGHT_UPDATE && strcmp(table->for_update, table->quoted) != 0)
        list_view(t, table->for_update);
    if (rights & RIGHT_DELETE && strcmp(table->for_delete, table->quoted) != 0)
        list_view(t, table->for_delete);
}

/* ---- all of it */

static void list_table(struct told *t, const struct table *table, unsigned rights)
{
    const struct access *access = t->part->access;

    buf_addf(t->out, "\n%s\n", table->name.data);
    list_grants(t->out, t->part, table);
    if (access->roles[t->part->role].bypass_rls)
        buf_add_text(t->out, "  the role is BYPASSRLS: every row\n");
    else if (table->kind == TABLE_VIEW)
        buf_addf(t->out, "  a view with %s rights\n",
                 table->has_policies ? "its caller's" : "its owner's");
    else if (!table->has_policies)
        buf_add_text(t->out, "  no policy: every row\n");
    else if (list_policies(t, table, rights) == 0)
        buf_add_text(t->out, "  no policy holds for the role: no row\n");
    list_views(t, table, rights);
}

void explain_rights(const struct catalog *part, const struct explained *what, struct buf *out)
{
    struct told t = {.part = part, .db = what->db, .out = out};
    bool was = db_as_owner(what->db, true);

    if (what->target)
        add(&t, what->target, what->rights);
    add_of_statement(&t, what->sql);
    for (size_t i = 0; i < t.n; i++) /* it may grow meanwhile */
        list_table(&t, t.tables[i], t.rights[i]);
    db_as_owner(what->db, was);
}
