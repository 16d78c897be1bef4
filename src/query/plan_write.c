/*
 * Statements that write.
 *
 * SPDX-License-Identifier: MIT
 */
#include "query/plan.h"

#include "query/sql.h"

/* The parameter of a column that is set; JSONB is made from the text that is bound. */
static void parameter(struct sql *q, const struct column *column)
{
    if (column->kind == KIND_JSONB)
        SQL(q, "jsonb(?)");
    else
        SQL(q, "?");
}

static bool check_writable(const struct table *table, const struct assignment *set, size_t n,
                           struct error *e)
{
    for (size_t i = 0; i < n; i++) {
        const struct column *column = &table->columns[set[i].column];

        if (!column->generated)
            continue;
        error_column(e, column->name.data);
        return error_set(e, ERROR_VALUE, "cannot write the generated column \"%s\"",
                         column->name.data);
    }
    return true;
}

static void name_list(struct sql *q, const struct assignment *set, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            SQL(q, ",");
        sql_text(q, q->table->columns[set[i].column].quoted);
    }
}

bool plan_insert(struct arena *arena, const struct table *table, const struct assignment *set,
                 size_t n, const struct query_tree *tree, enum returning returning,
                 struct plan *out, struct error *e)
{
    struct sql q;

    *out = (struct plan){.n_leading = n};
    if (!check_writable(table, set, n, e))
        return false;
    sql_init(&q, arena, table, e);
    SQL(&q, "INSERT INTO ");
    sql_text(&q, table->quoted);
    if (n == 0) {
        SQL(&q, " DEFAULT VALUES");
    } else {
        SQL(&q, "(");
        name_list(&q, set, n);
        SQL(&q, ")VALUES(");
        for (size_t i = 0; i < n; i++) {
            if (i > 0)
                SQL(&q, ",");
            parameter(&q, &table->columns[set[i].column]);
        }
        SQL(&q, ")");
    }
    sql_returning(&q, tree, returning, out);
    return sql_finish(&q, out);
}

static bool is_set(const struct assignment *set, size_t n, size_t column)
{
    for (size_t i = 0; i < n; i++) {
        if ((size_t)set[i].column == column)
            return true;
    }
    return false;
}

/* A column that the body does not name goes to its default, given as the SQL it is. */
static void default_columns(struct sql *q, const struct assignment *set, size_t n, bool values)
{
    for (size_t i = 0; i < q->table->n_columns; i++) {
        const struct column *column = &q->table->columns[i];

        if (column->generated || is_set(set, n, i))
            continue;
        SQL(q, ",");
        if (!values) {
            sql_text(q, column->quoted);
        } else if (column->default_sql) {
            SQL(q, "(");
            sql_text(q, column->default_sql);
            SQL(q, ")");
        } else {
            SQL(q, "NULL");
        }
    }
}

/* Every column but the key follows; a table that is all key sets its key to itself. */
static void excluded_columns(struct sql *q)
{
    bool any = false;

    for (size_t i = 0; i < q->table->n_columns; i++) {
        const struct column *column = &q->table->columns[i];

        if (column->generated || column->key_position > 0)
            continue;
        if (any)
            SQL(q, ",");
        sql_text(q, column->quoted);
        SQL(q, "=excluded.");
        sql_text(q, column->quoted);
        any = true;
    }
    if (any)
        return;
    sql_text(q, q->table->columns[q->table->key[0]].quoted);
    SQL(q, "=excluded.");
    sql_text(q, q->table->columns[q->table->key[0]].quoted);
}

static void key_list(struct sql *q)
{
    for (size_t i = 0; i < q->table->n_key; i++) {
        if (i > 0)
            SQL(q, ",");
        sql_text(q, q->table->columns[q->table->key[i]].quoted);
    }
}

bool plan_replace(struct arena *arena, const struct table *table, const struct assignment *set,
                  size_t n, const struct query_tree *tree, enum returning returning,
                  struct plan *out, struct error *e)
{
    struct sql q;

    *out = (struct plan){.n_leading = n};
    if (!check_writable(table, set, n, e))
        return false;
    sql_init(&q, arena, table, e);
    SQL(&q, "INSERT INTO ");
    sql_text(&q, table->quoted);
    SQL(&q, "(");
    name_list(&q, set, n);
    default_columns(&q, set, n, false);
    SQL(&q, ")VALUES(");
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            SQL(&q, ",");
        parameter(&q, &table->columns[set[i].column]);
    }
    default_columns(&q, set, n, true);
    SQL(&q, ")ON CONFLICT(");
    key_list(&q);
    SQL(&q, ")DO UPDATE SET ");
    excluded_columns(&q);
    sql_returning(&q, tree, returning, out);
    return sql_finish(&q, out);
}

/*
 * RFC 7396 with what is there: SQLite's json_patch merges objects; anything else that is
 * there counts as an empty object. The value is bound as JSON text.
 */
static void merge(struct sql *q, const struct column *column)
{
    if (column->kind == KIND_JSONB)
        SQL(q, "jsonb_patch(CASE WHEN json_valid(");
    else
        SQL(q, "json_patch(CASE WHEN json_valid(");
    sql_text(q, column->quoted);
    SQL(q, ",10)AND json_type(");
    sql_text(q, column->quoted);
    SQL(q, ")='object' THEN ");
    sql_text(q, column->quoted);
    SQL(q, " ELSE '{}' END,?)");
}

bool plan_update(struct arena *arena, const struct table *table, const struct assignment *set,
                 size_t n, const struct query_tree *tree, enum returning returning,
                 struct plan *out, struct error *e)
{
    struct sql q;

    *out = (struct plan){.n_leading = n};
    if (!check_writable(table, set, n, e))
        return false;
    sql_init(&q, arena, table, e);
    SQL(&q, "UPDATE ");
    sql_text(&q, table->quoted);
    SQL(&q, " SET ");
    for (size_t i = 0; i < n; i++) {
        const struct column *column = &table->columns[set[i].column];

        if (i > 0)
            SQL(&q, ",");
        sql_text(&q, column->quoted);
        SQL(&q, "=");
        if (set[i].merge)
            merge(&q, column);
        else
            parameter(&q, column);
    }
    sql_where(&q, tree->filter);
    sql_returning(&q, tree, returning, out);
    return sql_finish(&q, out);
}
