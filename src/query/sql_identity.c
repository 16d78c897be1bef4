/*
 * What tells the rows of a table apart, and the rows of a list (store/db/keys.h) of it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/text.h"
#include "query/plan.h"
#include "query/sql.h"

/* ---- the key, or what there is in its place where a role may not read all of it */

size_t sql_key_width(const struct table *table)
{
    return table->n_key + table->n_hidden_key; /* one of them is 0 */
}

const char *sql_key_name(const struct table *table, size_t i, bool written)
{
    if (i < table->n_key)
        return table->columns[table->key[i]].quoted;
    if (written)
        return table->hidden_key[i].written;
    return table->hidden_key[i].shown;
}

/* ---- what tells rows apart */

/* The key's columns are kept beside the rowid where they may outlive it: a row that is replaced has
 * a new rowid. */
static size_t identity_keys(const struct table *table)
{
    size_t n = sql_key_width(table);
    bool several = table->rowid && n >= ROW_KEYS_MAX;

    return table->rowid_alias >= 0 || several ? 0 : n;
}

size_t plan_identity_width(const struct table *table)
{
    size_t width = (table->rowid != NULL) + identity_keys(table);

    if (width > ROW_KEYS_MAX)
        return 0;
    return width;
}

void sql_identity(struct sql *q, const struct node *node)
{
    const struct table *table = node->table;
    bool written = node->from == NULL; /* RETURNING's are the table's own */

    if (table->rowid)
        sql_rowid(q, node);
    for (size_t i = 0; i < identity_keys(table); i++) {
        const struct column name = {.quoted = sql_key_name(table, i, written)};

        if (i > 0 || table->rowid)
            SQL(q, ",");
        sql_name(q, node, &name);
    }
}

static void key_columns(struct sql *q, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        sql_text(q, i ? ",c" : "c");
        sql_number(q, i);
    }
}

/* Each row once, where it stands first: (SELECT c0,c1,min(rowid)AS n FROM … GROUP BY c0) */
static void distinct_list(struct sql *q, const struct node *node)
{
    size_t width = plan_identity_width(node->table);

    SQL(q, "(SELECT ");
    key_columns(q, width);
    SQL(q, ",min(rowid)AS n FROM thimble_keys(");
    sql_value(q, node->keys->list);
    SQL(q, ") GROUP BY ");
    key_columns(q, node->table->rowid ? 1 : width);
    SQL(q, ")");
}

void sql_listed(struct sql *q, const struct node *node)
{
    if (node->keys->may_repeat) {
        distinct_list(q, node);
    } else {
        SQL(q, "thimble_keys(");
        sql_value(q, node->keys->list);
        SQL(q, ")");
    }
    SQL(q, " AS k CROSS JOIN "); /* in the list's order (sqlite.org/lang_select.html §2.1) */
    sql_text(q, sql_rows_of(node));
}

/* name.column=k.cN AND …, for the key's columns, which stand after `first` others */
static void key_equals(struct sql *q, const struct node *node, const char *name, size_t first)
{
    const struct table *table = node->table;
    bool written = node->from == table->target;

    for (size_t i = 0; i < sql_key_width(table); i++) {
        sql_text(q, text_if(i > 0, " AND "));
        sql_text(q, name);
        sql_text(q, sql_key_name(table, i, written));
        SQL(q, "=k.c");
        sql_number(q, first + i);
    }
}

/*
 * By the rowid. A trigger may have replaced the row, whose rowid is another then: where it is gone the
 * key, if there is one beside it, still names the row.
 */
void sql_listed_condition(struct sql *q, const struct node *node)
{
    const struct table *table = node->table;
    bool key_too = table->rowid && plan_identity_width(table) > 1;

    SQL(q, " ON ");
    if (!table->rowid) {
        key_equals(q, node, "t0.", 0);
        return;
    }
    sql_rowid(q, node);
    if (!key_too) {
        SQL(q, "=k.c0");
        return;
    }
    SQL(q, "=coalesce(");
    for (int by_key = 0; by_key < 2; by_key++) {
        sql_text(q, by_key ? ",(SELECT f." : "(SELECT f.");
        sql_text(q, table->rowid);
        SQL(q, " FROM ");
        sql_text(q, sql_rows_of(node));
        SQL(q, " AS f WHERE ");
        if (by_key) {
            key_equals(q, node, "f.", 1);
        } else {
            SQL(q, "f.");
            sql_text(q, table->rowid);
            SQL(q, "=k.c0");
        }
        SQL(q, ")");
    }
    SQL(q, ")");
}
