/*
 * INSERT, and what it does with a row that is there already.
 *
 * SPDX-License-Identifier: MIT
 */
#include "query/plan_write.h"
#include "query/rights.h"

static bool is_set(const struct insert *insert, size_t column)
{
    for (size_t i = 0; i < insert->n_set; i++) {
        if ((size_t)insert->set[i].column == column)
            return true;
    }
    return false;
}

/* The values that are given, or their columns. */
static void given_list(struct sql *q, const struct table *table, const struct insert *insert,
                       bool values)
{
    for (size_t i = 0; i < insert->n_set; i++) {
        bool holes = insert->set[i].given;
        const struct column *column = &table->columns[insert->set[i].column];

        if (i > 0)
            SQL(q, ",");
        i += holes; /* two places: whether there is a value, and the value */
        if (!values)
            sql_text(q, column->quoted);
        else if (holes)
            plan_value_or_default(q, column);
        else
            plan_parameter(q, column);
    }
}

/* What the role's grants set, or the columns; `any` of the list is there already. */
static bool preset_list(struct sql *q, const struct table *table, bool values, bool any)
{
    for (size_t i = 0; i < table->n_columns; i++) {
        const struct column *column = &table->columns[i];

        if (!column->preset_insert)
            continue;
        sql_text(q, any ? "," : "");
        any = true;
        if (!values) {
            sql_text(q, column->quoted);
            continue;
        }
        SQL(q, "(");
        sql_text(q, column->preset_insert);
        SQL(q, ")");
    }
    return any;
}

/* Does a row that is put whole have the column's default? */
static bool is_defaulted(const struct insert *insert, const struct column *column, size_t i)
{
    if (column->generated || is_set(insert, i))
        return false;
    return !column->preset_insert && (column->rights & RIGHT_INSERT);
}

/* A row that is put whole: the defaults of the columns that are not given, or the columns. */
static void default_list(struct sql *q, const struct table *table, const struct insert *insert,
                         bool values, bool any)
{
    for (size_t i = 0; i < table->n_columns; i++) {
        const struct column *column = &table->columns[i];

        if (!is_defaulted(insert, column, i))
            continue;
        if (any)
            SQL(q, ",");
        any = true;
        if (values)
            plan_default(q, column);
        else
            sql_text(q, column->quoted);
    }
}

static void column_list(struct sql *q, const struct table *table, const struct insert *insert,
                        bool values)
{
    bool any = insert->n_set > 0;

    given_list(q, table, insert, values);
    if (rights_are_of_role(table))
        any = preset_list(q, table, values, any);
    if (insert->conflict == CONFLICT_REPLACED)
        default_list(q, table, insert, values, any);
}

static bool has_presets(const struct table *table)
{
    for (size_t i = 0; rights_are_of_role(table) && i < table->n_columns; i++) {
        if (table->columns[i].preset_insert)
            return true;
    }
    return false;
}

static bool in_target(const struct insert *insert, int column)
{
    for (size_t i = 0; i < insert->n_target; i++) {
        if (insert->target[i] == column)
            return true;
    }
    return false;
}

/* A key that is equal and spelled otherwise, 'ABC' for 'abc', is a column that is sent as any other. */
static bool keeps_key(const struct insert *insert, const struct column *column, size_t i)
{
    if (!in_target(insert, (int)i))
        return false;
    return insert->conflict != CONFLICT_MERGED || !column->spells;
}

/* Does an upsert write the column? Those of the key that are the same it does not. */
static bool is_overwritten(const struct insert *insert, const struct column *column, size_t i)
{
    if (column->generated || keeps_key(insert, column, i))
        return false;
    if (column->preset_update)
        return true;
    if (column->preset_insert || !(column->rights & RIGHT_UPDATE))
        return false;
    return insert->conflict != CONFLICT_MERGED || is_set(insert, i);
}

static void set_one(struct sql *q, const struct column *column)
{
    if (column->preset_update) {
        plan_expression(q, column->preset_update);
        return;
    }
    SQL(q, "excluded.");
    sql_text(q, column->quoted);
}

/* Every column that is written; false if there is none. */
static bool set_excluded(struct sql *q, const struct table *table, const struct insert *insert)
{
    bool any = false, begun = false;

    for (size_t i = 0; i < table->n_columns; i++) {
        const struct column *column = &table->columns[i];

        if (!is_overwritten(insert, column, i))
            continue;
        sql_text(q, any ? "," : "DO UPDATE SET ");
        sql_text(q, column->quoted);
        SQL(q, "=");
        if (!any)
            begun = plan_begin_row(q, table);
        set_one(q, column);
        if (!any)
            plan_end_row(q, begun);
        any = true;
    }
    return any;
}

/* A column of the conflict's key that the role may set, or another that it may set and read. */
static const struct column *unchanged_column(const struct table *table, const struct insert *insert,
                                             bool *is_key)
{
    for (size_t i = 0; i < insert->n_target; i++) {
        const struct column *column = &table->columns[insert->target[i]];

        *is_key = true;
        if (!column->generated && (column->rights & RIGHT_UPDATE))
            return column;
    }
    for (size_t i = 0; i < table->n_readable; i++) {
        const struct column *column = &table->columns[i];

        *is_key = false;
        if (!column->generated && (column->rights & RIGHT_UPDATE))
            return column;
    }
    return NULL;
}

/* A row that is all key sets a column to what it is, so that RETURNING gives it. */
static void set_unchanged(struct sql *q, const struct table *table, const struct insert *insert)
{
    bool is_key, begun;
    const struct column *column = unchanged_column(table, insert, &is_key);

    if (!column) {
        SQL(q, "DO NOTHING");
        return;
    }
    SQL(q, "DO UPDATE SET ");
    sql_text(q, column->quoted);
    SQL(q, "=");
    begun = plan_begin_row(q, table);
    sql_text(q, is_key ? "excluded." : "");
    sql_text(q, column->quoted);
    plan_end_row(q, begun);
}

static void conflict_clause(struct sql *q, const struct table *table, const struct insert *insert)
{
    if (insert->conflict == CONFLICT_FAILS)
        return;
    SQL(q, "ON CONFLICT");
    for (size_t i = 0; i < insert->n_target; i++) {
        sql_text(q, i ? "," : "(");
        sql_text(q, table->columns[insert->target[i]].quoted);
    }
    if (insert->n_target)
        SQL(q, ")");
    if (insert->where) {
        SQL(q, "WHERE ");
        sql_text(q, insert->where);
    }
    if (insert->conflict == CONFLICT_IGNORED) {
        SQL(q, "DO NOTHING");
    } else if (!set_excluded(q, table, insert)) {
        set_unchanged(q, table, insert);
    }
}

bool plan_insert(struct arena *arena, const struct table *table, const struct insert *insert,
                 const struct query_tree *tree, enum returning returning, struct plan *out,
                 struct error *e)
{
    struct insert whole = *insert;
    struct sql q;

    *out = (struct plan){.n_leading = insert->n_set};
    if (!plan_check_writable(table, insert->set, insert->n_set, e))
        return false;
    if (!whole.target && table->n_key) {
        whole.target = table->key;
        whole.n_target = table->n_key;
    }
    sql_init(&q, arena, &plan_write_options, e);
    SQL(&q, "INSERT INTO ");
    sql_text(&q, table->target);
    if (insert->n_set == 0 && insert->conflict != CONFLICT_REPLACED && !has_presets(table)) {
        SQL(&q, " DEFAULT VALUES");
    } else {
        SQL(&q, "(");
        column_list(&q, table, &whole, false);
        SQL(&q, ")VALUES(");
        column_list(&q, table, &whole, true);
        SQL(&q, ")");
        conflict_clause(&q, table, &whole);
    }
    plan_returning(&q, table, tree, returning, out);
    return sql_finish(&q, out);
}

bool plan_exists(struct arena *arena, const struct table *table, const int *target, size_t n_target,
                 struct plan *out, struct error *e)
{
    struct sql q;

    *out = (struct plan){.n_leading = n_target};
    sql_init(&q, arena, &plan_write_options, e);
    SQL(&q, "SELECT count(*) FROM ");
    sql_text(&q, table->quoted);
    for (size_t i = 0; i < n_target; i++) {
        sql_text(&q, i ? " AND " : " WHERE ");
        sql_text(&q, table->columns[target[i]].quoted);
        SQL(&q, "=?");
    }
    return sql_finish(&q, out);
}
