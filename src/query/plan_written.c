/*
 * Statements that read what was written, or what is about to be.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/text.h"
#include "query/literal.h"
#include "query/plan_write.h"
#include "query/rights.h"

/* What comes after the columns that are shown: where it begins. */
static void begin_extra(struct plan *out, size_t n)
{
    out->cursor_at = out->shape.n ? out->shape.n : 1; /* a select of nothing gives a NULL */
    out->n_cursor = n;
}

static void add_key(struct sql *q, const struct node *root, struct plan *out)
{
    const struct table *table = root->table;

    if (root->grouped)
        return;
    begin_extra(out, table->n_key);
    for (size_t i = 0; i < table->n_key; i++) {
        SQL(q, ",");
        sql_name(q, root, &table->columns[table->key[i]]);
    }
}

/* The row that a write made is shown whatever the filter said of it before. */
static bool rowid_condition(struct sql *q, const struct node *root, const void *context)
{
    (void)context;

    sql_rowid(q, root);
    SQL(q, "=?");
    return true;
}

bool plan_select_written(struct arena *arena, const struct plan_written *which,
                         const struct plan_options *options, struct plan *out, struct error *e)
{
    static const struct query_tree nothing = {.root = {.select_none = true, .limit = -1}};
    const struct query_tree *tree = which->tree ? which->tree : &nothing;
    const struct plan_source source = {.table = which->table};
    struct node *root = node_resolve(arena, &source, tree, options, e);
    struct query_node ask = tree->root;
    struct sql q;

    *out = (struct plan){.n_trailing = which->keys ? 0 : 1};
    if (!root)
        return false;
    ask.filter = NULL;
    root->ask = &ask;
    root->keys = which->keys;
    if (which->keys)
        root->alias = 0;
    sql_init(&q, arena, options, e);
    SQL(&q, "SELECT ");
    sql_outputs(&q, root, &out->shape);
    if (which->with_key)
        add_key(&q, root, out);
    sql_from_where(&q, root, which->keys ? NULL : rowid_condition, NULL);
    sql_group_by(&q, root);
    if (ask.order)
        sql_order(&q, root);
    else if (which->keys && !root->grouped)
        sql_text(&q, which->keys->may_repeat ? " ORDER BY k.n" : " ORDER BY k.rowid");
    return sql_finish(&q, out);
}

static const char *row_name(const struct table *table, size_t i, bool written)
{
    if (table->rowid)
        return table->rowid;
    return sql_key_name(table, i, written);
}

/* v.a=t0.a AND … for what tells the rows apart */
static void same_row(struct sql *q, const struct node *root)
{
    const struct node view = {.table = root->table, .alias = -1};
    const struct table *table = root->table;
    size_t n = table->rowid ? 1 : sql_key_width(table);

    for (size_t i = 0; i < n; i++) {
        const struct column seen = {.quoted = row_name(table, i, false)};
        const struct column there = {.quoted = row_name(table, i, true)};

        sql_text(q, i ? " AND v." : "v.");
        sql_name(q, &view, &seen);
        SQL(q, "=");
        sql_name(q, root, &there);
    }
}

static bool unseen_condition(struct sql *q, const struct node *root, const void *context)
{
    (void)context;

    SQL(q, "NOT EXISTS(SELECT 1 FROM ");
    sql_text(q, root->table->quoted);
    SQL(q, " AS v WHERE ");
    same_row(q, root);
    SQL(q, ")");
    return true;
}

bool plan_select_unseen(struct arena *arena, const struct table *table,
                        const struct plan_keys *keys, struct plan *out, struct error *e)
{
    static const struct query_node ask = {.limit = 1};
    const struct node root = {.ask = &ask, .table = table, .keys = keys, .from = table->target};
    struct sql q;

    *out = (struct plan){0};
    sql_init(&q, arena, &plan_write_options, e);
    SQL(&q, "SELECT 1");
    sql_from_where(&q, &root, unseen_condition, NULL);
    sql_limit(&q, &ask, 0);
    return sql_finish(&q, out);
}

bool plan_select_before(struct arena *arena, const struct table *table,
                        const struct query_tree *tree, const struct plan_options *options,
                        bool with_identity, struct plan *out, struct error *e)
{
    const struct plan_source source = {.table = table};
    struct node *root = node_resolve(arena, &source, tree, options, e);
    struct sql q;

    *out = (struct plan){0};
    if (!root)
        return false;
    if (rights_are_of_role(table))
        root->from = table->for_delete;
    sql_init(&q, arena, options, e);
    SQL(&q, "SELECT ");
    sql_outputs(&q, root, &out->shape);
    if (with_identity && !root->grouped) {
        begin_extra(out, plan_identity_width(table));
        SQL(&q, ",");
        sql_identity(&q, root);
    }
    sql_from_where(&q, root, NULL, NULL);
    sql_group_by(&q, root);
    sql_order(&q, root);
    sql_limit(&q, root->ask, 0);
    return sql_finish(&q, out);
}

bool plan_select_present(struct arena *arena, const struct table *table,
                         const struct plan_keys *keys, struct plan *out, struct error *e)
{
    static const struct query_node ask = {.limit = -1};
    const struct node root = {.ask = &ask, .table = table, .keys = keys};
    struct sql q;

    *out = (struct plan){0};
    sql_init(&q, arena, &plan_write_options, e);
    SQL(&q, "SELECT k.rowid");
    sql_from_where(&q, &root, NULL, NULL);
    SQL(&q, " ORDER BY k.rowid");
    return sql_finish(&q, out);
}

/* Equal as values; JSON also as JSON, which was written with other blanks. */
static void column_is(struct sql *q, const struct column *column, struct value value)
{
    bool json = column->kind == KIND_JSON || column->kind == KIND_JSONB;

    SQL(q, " AND (");
    sql_text(q, column->quoted);
    SQL(q, " IS ");
    sql_value(q, value);
    if (json) {
        SQL(q, " OR (json_valid(");
        sql_text(q, column->quoted);
        SQL(q, ",10)AND json(");
        sql_text(q, column->quoted);
        SQL(q, ")=json(");
        sql_value(q, value);
        SQL(q, "))");
    }
    SQL(q, ")");
}

bool plan_select_generated(struct arena *arena, const struct table *table,
                           const struct query_tree *tree, const struct assignment *set,
                           const struct value *values, size_t n, struct plan *out, struct error *e)
{
    const struct node root = plan_plain_node(table, tree);
    struct sql q;

    *out = (struct plan){0};
    sql_init(&q, arena, &plan_write_options, e);
    SQL(&q, "SELECT 1 FROM ");
    sql_text(&q, table->quoted);
    SQL(&q, " WHERE ");
    sql_filter(&q, &root, tree->root.filter);
    for (size_t i = 0; i < n; i++)
        column_is(&q, &table->columns[set[i].column], values[i]);
    return sql_finish(&q, out);
}

static void select_columns(struct sql *q, const struct table *table, const int *columns, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        sql_text(q, i ? "," : "SELECT ");
        sql_text(q, table->columns[columns[i]].quoted);
    }
    SQL(q, " FROM ");
    sql_text(q, table->quoted);
}

bool plan_select_columns(struct arena *arena, const struct table *table, const int *columns,
                         size_t n, const struct query_tree *tree, struct plan *out, struct error *e)
{
    const struct node root = plan_plain_node(table, tree);
    struct sql q;

    *out = (struct plan){0};
    sql_init(&q, arena, &plan_write_options, e);
    select_columns(&q, table, columns, n);
    sql_text(&q, text_if(tree->root.filter, " WHERE "));
    sql_filter(&q, &root, tree->root.filter);
    for (size_t i = 0; i < n; i++) {
        sql_text(&q, i ? "," : " ORDER BY ");
        sql_text(&q, table->columns[columns[i]].quoted);
    }
    return sql_finish(&q, out);
}

bool plan_select_met(struct arena *arena, const struct table *table, const int *columns, size_t n,
                     const struct insert *insert, struct plan *out, struct error *e)
{
    struct sql q;

    *out = (struct plan){.n_leading = insert->n_target * LITERAL_VALUES};
    sql_init(&q, arena, &plan_write_options, e);
    select_columns(&q, table, columns, n);
    for (size_t i = 0; i < insert->n_target; i++) {
        const struct column *column = &table->columns[insert->target[i]];

        sql_text(&q, i ? " AND " : " WHERE ");
        sql_text(&q, column->quoted);
        for (size_t k = 0; k < LITERAL_VALUES; k++) {
            sql_text(&q, k ? "," : " IN(");
            plan_parameter(&q, column);
        }
        SQL(&q, ")");
    }
    if (insert->where) {
        SQL(&q, " AND (");
        sql_text(&q, insert->where);
        SQL(&q, ")");
    }
    return sql_finish(&q, out);
}
