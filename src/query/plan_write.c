/*
 * Statements that write.
 *
 * SPDX-License-Identifier: MIT
 */
#include "query/plan_write.h"

const struct plan_options plan_write_options = {.aggregates = true};

/* The table alone, its names without an alias: no related resource is in such a statement. */
struct node plan_plain_node(const struct table *table, const struct query_tree *tree)
{
    return (struct node){.ask = &tree->root, .table = table, .alias = -1};
}

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

void plan_returning(struct sql *q, const struct table *table, const struct query_tree *tree,
                    enum returning returning, struct plan *out)
{
    const struct plan_source source = {.table = table};
    struct node *root;

    if (returning == RETURNING_NOTHING || q->failed)
        return;
    SQL(q, " RETURNING ");
    if (returning == RETURNING_ONE) {
        SQL(q, "1");
        return;
    }
    if (returning == RETURNING_IDENTITY) {
        const struct node node = plan_plain_node(table, tree);

        sql_identity(q, &node);
        return;
    }
    root = node_resolve(q->arena, &source, tree, q->options, q->error);
    if (root)
        sql_outputs(q, root, &out->shape);
    else
        sql_give_up(q);
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

/* The columns of a key that is never NULL, or a view's. */
static bool limit_columns(struct sql *q, const struct node *node)
{
    const struct table *table = node->table;

    for (size_t i = 0; i < table->n_key; i++) {
        const struct column *column = &table->columns[table->key[i]];

        if (table->kind == TABLE_TABLE && !column->not_null)
            return false;
        if (i > 0)
            SQL(q, ",");
        sql_name(q, node, column);
    }
    return table->n_key > 0;
}

/* (a,b) IN (SELECT a,b … ORDER BY … LIMIT …): SQLite's own UPDATE and DELETE have no limit. */
static void limited_rows(struct sql *q, const struct node *node)
{
    const struct table *table = node->table;
    bool several = !table->rowid && table->n_key > 1, known = true;

    for (int side = 0; side < 2; side++) {
        static const char *const before[][2] = {{" WHERE ", " WHERE ("},
                                                {" IN (SELECT ", ") IN (SELECT "}};

        sql_text(q, before[side][several]);
        if (table->rowid)
            sql_rowid(q, node);
        else
            known = limit_columns(q, node);
    }
    if (!known && !q->failed) {
        error_set(q->error, ERROR_UNSUPPORTED,
                  "a limit on a change of %.*s, whose rows cannot be told apart",
                  SLICE_ARG(table->name));
        error_hint(q->error,
                   "It has no rowid (or columns have all of its names), and no key that is "
                   "never NULL: use a filter alone.");
        sql_give_up(q);
        return;
    }
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
    const struct node node = plan_plain_node(table, tree);
    struct sql q;

    *out = (struct plan){.n_leading = n};
    if (!plan_check_writable(table, set, n, e))
        return false;
    sql_init(&q, arena, &plan_write_options, e);
    SQL(&q, "UPDATE ");
    sql_text(&q, table->quoted);
    SQL(&q, " SET ");
    for (size_t i = 0; i < n; i++) {
        const struct column *column = &table->columns[set[i].column];

        if (i > 0)
            SQL(&q, ",");
        sql_text(&q, column->quoted);
        SQL(&q, "=");
        if (set[i].given) {
            plan_value_or_default(&q, column);
            i++;
        } else if (set[i].merge) {
            merge(&q, column);
        } else {
            plan_parameter(&q, column);
        }
    }
    which_rows(&q, &node);
    plan_returning(&q, table, tree, returning, out);
    return sql_finish(&q, out);
}

bool plan_delete(struct arena *arena, const struct table *table, const struct query_tree *tree,
                 enum returning returning, struct plan *out, struct error *e)
{
    const struct node node = plan_plain_node(table, tree);
    struct sql q;

    *out = (struct plan){0};
    sql_init(&q, arena, &plan_write_options, e);
    SQL(&q, "DELETE FROM ");
    sql_text(&q, table->quoted);
    which_rows(&q, &node);
    plan_returning(&q, table, tree, returning, out);
    return sql_finish(&q, out);
}
