/*
 * What tells the rows of a table apart, and the rows of a list (store/db/keys.h) of it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/text.h"
#include "query/plan.h"
#include "query/sql.h"

/* The key's columns are kept beside the rowid where they may outlive it: a row that is replaced has
 * a new rowid. */
static size_t identity_keys(const struct table *table)
{
    bool several = table->rowid && table->n_key >= ROW_KEYS_MAX;

    return table->rowid_alias >= 0 || several ? 0 : table->n_key;
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

    if (table->rowid)
        sql_rowid(q, node);
    for (size_t i = 0; i < identity_keys(table); i++) {
        if (i > 0 || table->rowid)
            SQL(q, ",");
        sql_name(q, node, &table->columns[table->key[i]]);
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
static void key_equals(struct sql *q, const struct table *table, const char *name, size_t first)
{
    for (size_t i = 0; i < table->n_key; i++) {
        sql_text(q, text_if(i > 0, " AND "));
        sql_text(q, name);
        sql_text(q, table->columns[table->key[i]].quoted);
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
        key_equals(q, table, "t0.", 0);
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
            key_equals(q, table, "f.", 1);
        } else {
            SQL(q, "f.");
            sql_text(q, table->rowid);
            SQL(q, "=k.c0");
        }
        SQL(q, ")");
    }
    SQL(q, ")");
}
