/* SPDX-License-Identifier: MIT */
#include "store/access/role_view_text.h"

#include <inttypes.h>

#include "base/ascii.h"
#include "store/access/access.h"
#include "store/access/role_policy.h"
#include "store/catalog/lexer.h"

/* Bytes of one condition, of one view. */
#define CONDITION_MAX ((size_t)1 << 20)

/* ---- names */

bool role_name_read(struct slice name, struct role_name *out)
{
    size_t at = name.len, end;

    while (at > 0 && name.data[at - 1] != '@')
        at--;
    *out = (struct role_name){.table = slice_make(name.data, at > 0 ? at - 1 : 0)};
    for (end = at; end < name.len && ascii_is_digit(name.data[end]) && end - at < 9; end++)
        out->role = out->role * 10 + (size_t)(name.data[end] - '0');
    out->variant = slice_after(name, end);
    return at > 1 && end > at;
}

/* "tasks@3u": what is in quotes has them doubled. */
static void add_name(struct buf *b, const struct catalog *role, const struct table *table,
                     const char *variant)
{
    struct slice quoted = slice_from(table->whole->quoted);

    buf_add_slice(b, slice_first(quoted, quoted.len - 1));
    buf_addf(b, "@%zu%s\"", role->role, variant);
}

/* ---- views of tables */

/* The columns that may be read, and what tells the rows apart. */
static void add_columns(struct buf *b, const struct table *table)
{
    size_t n = 0;

    for (size_t i = 0; i < table->n_readable; i++)
        buf_addf(b, "%s%s", n++ > 0 ? "," : "", table->columns[i].quoted);
    if (table->rowid && table->rowid_alias < 0)
        buf_addf(b, "%s%s AS \"%s\"", n++ > 0 ? "," : "", table->rowid, table->rowid);
    for (size_t i = 0; i < table->n_hidden_key; i++)
        buf_addf(b, "%s%s AS %s", n++ > 0 ? "," : "", table->hidden_key[i].written,
                 table->hidden_key[i].shown);
    if (n == 0)
        buf_add_text(b, "NULL AS \"?\"");
}

/* What tells the rows apart to a trigger. */
static void add_identity(struct buf *b, const struct table *table)
{
    const struct table *whole = table->whole;

    if (table->rowid)
        buf_addf(b, "%s AS \"@0\"", table->rowid);
    else if (whole->n_key == 0)
        buf_add_text(b, "NULL AS \"@0\"");
    for (size_t i = 0; !table->rowid && i < whole->n_key; i++)
        buf_addf(b, "%s%s AS \"@%zu\"", i > 0 ? "," : "", whole->columns[whole->key[i]].quoted, i);
}

static void add_view(struct buf *b, const struct catalog *role, const struct table *table,
                     const char *variant, enum policy_rows rows,
                     void (*columns)(struct buf *b, const struct table *table))
{
    struct buf condition;

    buf_init(&condition, CONDITION_MAX);
    policy_condition(&condition, role, table, rows);
    b->failed |= condition.failed;
    buf_add_text(b, "CREATE TEMP VIEW ");
    add_name(b, role, table, variant);
    buf_add_text(b, " AS ");
    if (policy_with(b, role, buf_slice(&condition)))
        buf_add_char(b, ' ');
    buf_add_text(b, "SELECT ");
    columns(b, table);
    buf_addf(b, " FROM \"" ROLE_VIEW_SCHEMA "\".%s WHERE ", table->whole->quoted);
    buf_add_slice(b, buf_slice(&condition));
    buf_add_text(b, ";\n");
    buf_finish(&condition);
}

static void add_table_views(struct buf *b, const struct catalog *role, const struct table *table)
{
    add_view(b, role, table, "", ROWS_SHOWN, add_columns);
    if (table->rights & RIGHT_UPDATE)
        add_view(b, role, table, "u", ROWS_UPDATABLE, add_columns);
    if (table->rights & RIGHT_DELETE)
        add_view(b, role, table, "d", ROWS_DELETABLE, add_columns);
}

/* ---- views of views: their own SELECT, with the role's views in the place of tables */

/* CREATE VIEW name (columns) AS SELECT: what is in the parentheses, and the SELECT. */
static void split_view(struct slice sql, struct slice *columns, struct slice *select)
{
    struct lexer x = {.sql = sql};
    struct token t = lexer_next(&x);
    size_t open = 0;

    *columns = slice_make("", 0);
    for (; t.kind != TOKEN_END && !token_is(t, "AS"); t = lexer_next(&x)) {
        if (token_is_char(t, '('))
            open = t.start;
        if (token_is_char(t, ')'))
            *columns = slice_make(sql.data + open, t.end - open);
    }
    *select = slice_after(sql, t.end);
}

static void add_invoker_view(struct buf *b, const struct catalog *role, const struct table *table)
{
    struct slice columns, select;

    split_view(table->whole->sql, &columns, &select);
    buf_add_text(b, "CREATE TEMP VIEW ");
    add_name(b, role, table, "");
    buf_add_text(b, " AS ");
    buf_add_text(b, policy_with(b, role, select) ? "," : "WITH ");
    add_name(b, role, table, " text");
    buf_add_slice(b, columns);
    buf_add_text(b, " AS (");
    buf_add_slice(b, select);
    buf_add_text(b, "\n) SELECT ");
    add_columns(b, table);
    buf_add_text(b, " FROM ");
    add_name(b, role, table, " text");
    buf_add_text(b, ";\n");
}

void role_view_sql(struct buf *b, const struct catalog *role)
{
    for (size_t i = 0; i < role->n_tables; i++) {
        const struct table *table = &role->tables[i];

        if (!table->has_policies)
            continue;
        if (table->kind == TABLE_VIEW)
            add_invoker_view(b, role, table);
        else
            add_table_views(b, role, table);
    }
}

/* ---- triggers */

/* AND the row is not in that view. A row that nothing tells apart is in none. */
static void add_absence(struct buf *b, const struct catalog *role, const struct table *table,
                        const char *view, const char *row)
{
    const struct table *whole = table->whole;

    if (!table->rowid && whole->n_key == 0)
        return;
    buf_add_text(b, " AND NOT EXISTS (SELECT 1 FROM temp.");
    add_name(b, role, table, view);
    buf_add_text(b, " WHERE ");
    if (table->rowid)
        buf_addf(b, "\"@0\"=%s.%s", row, table->rowid);
    for (size_t i = 0; !table->rowid && i < whole->n_key; i++)
        buf_addf(b, "%s\"@%zu\" IS %s.%s", i > 0 ? " AND " : "", i, row,
                 whole->columns[whole->key[i]].quoted);
    buf_add_char(b, ')');
}

/* As a text in SQL, and in it as a name. */
static void add_shown_name(struct buf *b, struct slice name)
{
    for (size_t i = 0; i < name.len; i++) {
        if (name.data[i] == '\'')
            buf_add_char(b, '\'');
        buf_add_char(b, name.data[i]);
    }
}

struct look {
    const char *variant; /* the trigger's */
    const char *moment, *row;
    const char *view;
    const char *words; /* of the message */
    unsigned right;
    enum policy_rows rows;
};

static void add_trigger(struct buf *b, const struct catalog *role, const struct table *table,
                        const struct look *look)
{
    add_view(b, role, table, look->view, look->rows, add_identity);
    buf_add_text(b, "CREATE TEMP TRIGGER ");
    add_name(b, role, table, look->variant);
    buf_addf(b, " %s ON %s WHEN thimble_checks(%" PRIu64 ",%zu,'%s',", look->moment, table->target,
             role->serial, table->whole->index, look->variant);
    if ((look->right & RIGHT_UPDATE) && table->rowid)
        buf_addf(b, "OLD.%s)", table->rowid);
    else
        buf_add_text(b, "NULL)");
    add_absence(b, role, table, look->view, look->row);
    buf_addf(b,
             " BEGIN SELECT RAISE(ABORT,'" ROLE_REFUSAL
             "new row violates row-level security policy%s for table \"",
             look->words);
    add_shown_name(b, table->name);
    buf_add_text(b, "\"'); END;\n");
}

void role_trigger_sql(struct buf *b, const struct catalog *role)
{
    static const char old_row[] = " (USING expression)";
    static const struct look looks[] = {
        {"ai", "AFTER INSERT", "NEW", "i", "", RIGHT_INSERT, ROWS_INSERTED},
        {"bu", "BEFORE UPDATE", "OLD", "v", old_row, RIGHT_UPDATE, ROWS_UPDATABLE},
        {"au", "AFTER UPDATE", "NEW", "c", "", RIGHT_UPDATE, ROWS_UPDATED},
        {"bd", "BEFORE DELETE", "OLD", "e", old_row, RIGHT_DELETE, ROWS_DELETABLE},
    };

    for (size_t i = 0; i < role->n_tables; i++) {
        const struct table *table = &role->tables[i];

        for (size_t k = 0; k < sizeof looks / sizeof *looks; k++) {
            if (table->has_policies && table->kind == TABLE_TABLE &&
                (table->rights & looks[k].right))
                add_trigger(b, role, table, &looks[k]);
        }
    }
}
