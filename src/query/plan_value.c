/*
 * What a column is set to, by a statement that writes.
 *
 * SPDX-License-Identifier: MIT
 */
#include "query/plan_write.h"

#include "base/text.h"

/* The parameter of a column that is set; JSONB is made from the text that is bound. */
void plan_parameter(struct sql *q, const struct column *column)
{
    if (column->kind == KIND_JSONB)
        SQL(q, "jsonb(?)");
    else
        SQL(q, "?");
}

/* The column's default, as the SQL it is. */
void plan_default(struct sql *q, const struct column *column)
{
    if (!column->default_sql) {
        SQL(q, "NULL");
        return;
    }
    SQL(q, "(");
    sql_text(q, column->default_sql);
    SQL(q, ")");
}

/* May an UPDATE of a row change others of the table? */
static bool moves_others(const struct table *whole)
{
    for (size_t i = 0; i < whole->n_referring; i++) {
        if (whole->referring[i]->follows)
            return true;
    }
    return whole->has_triggers;
}

bool plan_begin_row(struct sql *q, const struct table *table)
{
    if (!table->has_policies || table->kind != TABLE_TABLE || !table->rowid)
        return false;
    if (!moves_others(table->whole))
        return false;
    SQL(q, "thimble_at(");
    sql_text(q, table->rowid);
    SQL(q, ",");
    return true;
}

void plan_end_row(struct sql *q, bool begun)
{
    sql_text(q, text_if(begun, ")"));
}

void plan_expression(struct sql *q, const char *expression)
{
    SQL(q, "(");
    sql_text(q, expression);
    SQL(q, ")");
}

/* "name"=(expression) */
void plan_preset(struct sql *q, const struct column *column, const char *expression)
{
    sql_text(q, column->quoted);
    SQL(q, "=");
    plan_expression(q, expression);
}

/* Two parameters: whether there is a value, and the value. */
void plan_value_or_default(struct sql *q, const struct column *column)
{
    SQL(q, "CASE ? WHEN 1 THEN ");
    plan_parameter(q, column);
    SQL(q, " ELSE ");
    plan_default(q, column);
    SQL(q, " END");
}

bool plan_check_writable(const struct table *table, const struct assignment *set, size_t n,
                         struct error *e)
{
    for (size_t i = 0; i < n; i++) {
        const struct column *column = &table->columns[set[i].column];

        if (!column->generated)
            continue;
        error_column(e, column->name.data);
        error_set(e, ERROR_GENERATED, "cannot write the generated column \"%s\"",
                  column->name.data);
        return error_hint(e,
                          "The database computes it: leave it out of the body, or name the other "
                          "columns in columns=.");
    }
    return true;
}
