/*
 * Statements that write.
 *
 * SPDX-License-Identifier: MIT
 */
#include "query/plan_write.h"
#include "query/rights.h"

const struct plan_options plan_write_options = {.aggregates = true};

/* The table alone, its names without an alias: no related resource is in such a statement. */
struct node plan_plain_node(const struct table *table, const struct query_tree *tree)
{
    return (struct node){.ask = &tree->root, .table = table, .alias = -1};
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

/* Has it a key that is never NULL, or is a view's? */
static bool key_tells_apart(const struct table *table)
{
    for (size_t i = 0; table->kind == TABLE_TABLE && i < table->n_key; i++) {
        if (!table->columns[table->key[i]].not_null)
            return false;
    }
    return table->n_key > 0;
}

static bool rows_are_apart(const struct table *table)
{
    return table->rowid || table->n_hidden_key > 0 || key_tells_apart(table);
}

static void tell_no_limit(struct sql *q, const struct table *table)
{
    if (rights_are_of_role(table) && rows_are_apart(table->whole))
        rights_refuse(table, q->error); /* what tells them apart it may not read */
    sql_give_up(q);
    if (error_is_set(q->error))
        return;
    error_set(q->error, ERROR_UNSUPPORTED,
              "a limit on a change of %.*s, whose rows cannot be told apart",
              SLICE_ARG(table->name));
    error_hint(q->error, "It has no rowid (or columns have all of its names), and no key that is "
                         "never NULL: use a filter alone.");
}

/* The rowid, or the key: of the table that is written, or of what is read of it. */
static void row_names(struct sql *q, const struct node *node, bool written)
{
    const struct table *table = node->table;

    if (table->rowid) {
        sql_rowid(q, node);
        return;
    }
    for (size_t i = 0; i < sql_key_width(table); i++) {
        const struct column name = {.quoted = sql_key_name(table, i, written)};

        if (i > 0)
            SQL(q, ",");
        sql_name(q, node, &name);
    }
}

/*
 * (a,b) IN (SELECT a,b … ORDER BY … LIMIT …): SQLite's own UPDATE and DELETE have no limit. A role
 * chooses among the rows of its view, by names that no column of the table itself can stand for.
 */
static void chosen_rows(struct sql *q, const struct node *node)
{
    const struct table *table = node->table;
    bool several = !table->rowid && sql_key_width(table) > 1;
    struct node chosen = *node;

    if (node->from)
        chosen.alias = 0;
    if (!rows_are_apart(table)) {
        tell_no_limit(q, table);
        return;
    }
    sql_text(q, several ? "(" : "");
    row_names(q, node, true);
    sql_text(q, several ? ") IN (SELECT " : " IN (SELECT ");
    row_names(q, &chosen, false);
    sql_from_where(q, &chosen, NULL, NULL);
    sql_order(q, &chosen);
    sql_limit(q, node->ask, 0);
    SQL(q, ")");
}

static void which_rows(struct sql *q, const struct node *node)
{
    if (node->from || node->ask->limit >= 0 || node->ask->offset > 0) {
        SQL(q, " WHERE ");
        chosen_rows(q, node);
    } else if (node->ask->filter) {
        SQL(q, " WHERE ");
        sql_filter(q, node, node->ask->filter);
    }
}

/*
 * The table whose rows are changed: a role's are those of its view. Of one whose rows cannot be told
 * apart the role may change all or none: it has no policies, or is refused here.
 */
static struct node changed_node(const struct table *table, const struct query_tree *tree,
                                enum access_right right)
{
    struct node node = plan_plain_node(table, tree);
    bool is_chosen = rows_are_apart(table) || table->has_policies;

    if (rights_are_of_role(table) && is_chosen)
        node.from = right == RIGHT_DELETE ? table->for_delete : table->for_update;
    return node;
}

bool plan_where(struct arena *arena, const struct table *table, const struct query_tree *tree,
                enum access_right right, struct plan *out, struct error *e)
{
    struct node root = changed_node(table, tree, right);
    struct sql q;

    *out = (struct plan){0};
    sql_init(&q, arena, &plan_write_options, e);
    if (root.from)
        chosen_rows(&q, &root);
    else
        sql_filter(&q, &root, tree->root.filter);
    return sql_finish(&q, out);
}

/* What the role's grants set besides: there is a column before. */
static void update_presets(struct sql *q, const struct table *table)
{
    for (size_t i = 0; i < table->n_columns; i++) {
        const struct column *column = &table->columns[i];

        if (!column->preset_update)
            continue;
        SQL(q, ",");
        plan_preset(q, column, column->preset_update);
    }
}

/* What the column becomes; 1 more place if there is one that says whether there is a value. */
static size_t set_value(struct sql *q, const struct column *column, const struct assignment *set)
{
    if (set->given) {
        plan_value_or_default(q, column);
        return 1;
    }
    if (set->merge)
        merge(q, column);
    else
        plan_parameter(q, column);
    return 0;
}

bool plan_update(struct arena *arena, const struct table *table, const struct assignment *set,
                 size_t n, const struct query_tree *tree, enum returning returning,
                 struct plan *out, struct error *e)
{
    const struct node node = changed_node(table, tree, RIGHT_UPDATE);
    struct sql q;

    *out = (struct plan){.n_leading = n};
    if (!plan_check_writable(table, set, n, e))
        return false;
    sql_init(&q, arena, &plan_write_options, e);
    SQL(&q, "UPDATE ");
    sql_text(&q, table->target);
    SQL(&q, " SET ");
    for (size_t i = 0; i < n; i++) {
        const struct column *column = &table->columns[set[i].column];
        bool begun;

        if (i > 0)
            SQL(&q, ",");
        sql_text(&q, column->quoted);
        SQL(&q, "=");
        begun = i == 0 && plan_begin_row(&q, table);
        i += set_value(&q, column, &set[i]);
        plan_end_row(&q, begun);
    }
    if (rights_are_of_role(table))
        update_presets(&q, table);
    which_rows(&q, &node);
    plan_returning(&q, table, tree, returning, out);
    return sql_finish(&q, out);
}

bool plan_delete(struct arena *arena, const struct table *table, const struct query_tree *tree,
                 enum returning returning, struct plan *out, struct error *e)
{
    const struct node node = changed_node(table, tree, RIGHT_DELETE);
    struct sql q;

    *out = (struct plan){0};
    sql_init(&q, arena, &plan_write_options, e);
    SQL(&q, "DELETE FROM ");
    sql_text(&q, table->target);
    which_rows(&q, &node);
    plan_returning(&q, table, tree, returning, out);
    return sql_finish(&q, out);
}
