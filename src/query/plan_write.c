/*
 * Statements that write.
 *
 * SPDX-License-Identifier: MIT
 */
#include "query/plan.h"

#include "query/sql.h"

static const struct plan_options no_options = {.aggregates = true};

/* The table alone, its names without an alias: no related resource is in such a statement. */
static struct node plain_node(const struct table *table, const struct query_tree *tree)
{
    return (struct node){.ask = &tree->root, .table = table, .alias = -1};
}

/* The parameter of a column that is set; JSONB is made from the text that is bound. */
static void parameter(struct sql *q, const struct column *column)
{
    if (column->kind == KIND_JSONB)
        SQL(q, "jsonb(?)");
    else
        SQL(q, "?");
}

/* The column's default, as the SQL it is. */
static void default_value(struct sql *q, const struct column *column)
{
    if (!column->default_sql) {
        SQL(q, "NULL");
        return;
    }
    SQL(q, "(");
    sql_text(q, column->default_sql);
    SQL(q, ")");
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

static void returning_key(struct sql *q, const struct table *table)
{
    if (table->n_key == 0)
        SQL(q, "rowid");
    for (size_t i = 0; i < table->n_key; i++) {
        if (i > 0)
            SQL(q, ",");
        sql_text(q, table->columns[table->key[i]].quoted);
    }
}

static void add_returning(struct sql *q, const struct table *table, const struct query_tree *tree,
                          enum returning returning, struct plan *out)
{
    const struct plan_source source = {.table = table};
    struct node *root;

    if (returning == RETURNING_NOTHING || q->failed)
        return;
    SQL(q, " RETURNING ");
    if (returning == RETURNING_KEY) {
        returning_key(q, table);
        return;
    }
    root = node_resolve(q->arena, &source, tree, q->options, q->error);
    if (root)
        sql_outputs(q, root, &out->shape);
    else
        sql_give_up(q);
}

static bool is_set(const struct insert *insert, size_t column)
{
    for (size_t i = 0; i < insert->n_set; i++) {
        if ((size_t)insert->set[i].column == column)
            return true;
    }
    return false;
}

/* Two parameters: whether there is a value, and the value. */
static void value_or_default(struct sql *q, const struct column *column)
{
    SQL(q, "CASE ? WHEN 1 THEN ");
    parameter(q, column);
    SQL(q, " ELSE ");
    default_value(q, column);
    SQL(q, " END");
}

static void column_list(struct sql *q, const struct table *table, const struct insert *insert,
                        bool values)
{
    bool any = false;

    for (size_t i = 0; i < insert->n_set; i++) {
        bool holes = insert->set[i].given;
        const struct column *column = &table->columns[insert->set[i].column];

        i += holes;
        if (any)
            SQL(q, ",");
        any = true;
        if (!values)
            sql_text(q, column->quoted);
        else if (holes)
            value_or_default(q, column);
        else
            parameter(q, column);
    }
    for (size_t i = 0; insert->conflict == CONFLICT_REPLACED && i < table->n_columns; i++) {
        const struct column *column = &table->columns[i];

        if (column->generated || is_set(insert, i))
            continue;
        if (any)
            SQL(q, ",");
        any = true;
        if (values)
            default_value(q, column);
        else
            sql_text(q, column->quoted);
    }
}

static bool in_target(const struct insert *insert, int column)
{
    for (size_t i = 0; i < insert->n_target; i++) {
        if (insert->target[i] == column)
            return true;
    }
    return false;
}

/* Every column that is written but those of the key. */
static bool set_excluded(struct sql *q, const struct table *table, const struct insert *insert)
{
    bool any = false;

    for (size_t i = 0; i < table->n_columns; i++) {
        const struct column *column = &table->columns[i];

        if (column->generated || in_target(insert, (int)i) ||
            (insert->conflict == CONFLICT_MERGED && !is_set(insert, i)))
            continue;
        sql_text(q, any ? "," : "DO UPDATE SET ");
        sql_text(q, column->quoted);
        SQL(q, "=excluded.");
        sql_text(q, column->quoted);
        any = true;
    }
    return any;
}

/* A row that is all key sets its key to itself, so that RETURNING gives it. */
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
    if (insert->conflict == CONFLICT_IGNORED) {
        SQL(q, "DO NOTHING");
    } else if (!set_excluded(q, table, insert)) {
        const char *key = table->columns[insert->target[0]].quoted;

        SQL(q, "DO UPDATE SET ");
        sql_text(q, key);
        SQL(q, "=excluded.");
        sql_text(q, key);
    }
}

bool plan_insert(struct arena *arena, const struct table *table, const struct insert *insert,
                 const struct query_tree *tree, enum returning returning, struct plan *out,
                 struct error *e)
{
    struct insert whole = *insert;
    struct sql q;

    *out = (struct plan){.n_leading = insert->n_set};
    if (!check_writable(table, insert->set, insert->n_set, e))
        return false;
    if (!whole.target && table->n_key) {
        whole.target = table->key;
        whole.n_target = table->n_key;
    }
    sql_init(&q, arena, &no_options, e);
    SQL(&q, "INSERT INTO ");
    sql_text(&q, table->quoted);
    if (insert->n_set == 0 && insert->conflict != CONFLICT_REPLACED) {
        SQL(&q, " DEFAULT VALUES");
    } else {
        SQL(&q, "(");
        column_list(&q, table, &whole, false);
        SQL(&q, ")VALUES(");
        column_list(&q, table, &whole, true);
        SQL(&q, ")");
        conflict_clause(&q, table, &whole);
    }
    add_returning(&q, table, tree, returning, out);
    return sql_finish(&q, out);
}

bool plan_exists(struct arena *arena, const struct table *table, const int *target, size_t n_target,
                 struct plan *out, struct error *e)
{
    struct sql q;

    *out = (struct plan){.n_leading = n_target};
    sql_init(&q, arena, &no_options, e);
    SQL(&q, "SELECT count(*) FROM ");
    sql_text(&q, table->quoted);
    for (size_t i = 0; i < n_target; i++) {
        sql_text(&q, i ? " AND " : " WHERE ");
        sql_text(&q, table->columns[target[i]].quoted);
        SQL(&q, "=?");
    }
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

/* (a,b) IN (SELECT a,b … ORDER BY … LIMIT …): SQLite's own UPDATE and DELETE have no limit. */
static void limited_rows(struct sql *q, const struct node *node)
{
    const struct table *table = node->table;
    bool several = table->n_key > 1;

    if (table->kind == TABLE_VIEW && table->n_key == 0) {
        error_set(q->error, ERROR_UNSUPPORTED, "a limit on a change needs a table");
        sql_give_up(q);
        return;
    }
    sql_text(q, several ? " WHERE (" : " WHERE ");
    returning_key(q, table);
    sql_text(q, several ? ") IN (SELECT " : " IN (SELECT ");
    returning_key(q, table);
    sql_from_where(q, node, NULL, NULL);
    sql_order(q, node);
    sql_limit(q, node->ask, 0);
    SQL(q, ")");
}

static void which_rows(struct sql *q, const struct node *node)
{
    if (node->ask->limit >= 0 || node->ask->offset > 0) {
        limited_rows(q, node);
    } else if (node->ask->filter) {
        SQL(q, " WHERE ");
        sql_filter(q, node, node->ask->filter);
    }
}

bool plan_update(struct arena *arena, const struct table *table, const struct assignment *set,
                 size_t n, const struct query_tree *tree, enum returning returning,
                 struct plan *out, struct error *e)
{
    const struct node node = plain_node(table, tree);
    struct sql q;

    *out = (struct plan){.n_leading = n};
    if (!check_writable(table, set, n, e))
        return false;
    sql_init(&q, arena, &no_options, e);
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
    which_rows(&q, &node);
    add_returning(&q, table, tree, returning, out);
    return sql_finish(&q, out);
}

bool plan_delete(struct arena *arena, const struct table *table, const struct query_tree *tree,
                 enum returning returning, struct plan *out, struct error *e)
{
    const struct node node = plain_node(table, tree);
    struct sql q;

    *out = (struct plan){0};
    sql_init(&q, arena, &no_options, e);
    SQL(&q, "DELETE FROM ");
    sql_text(&q, table->quoted);
    which_rows(&q, &node);
    add_returning(&q, table, tree, returning, out);
    return sql_finish(&q, out);
}
