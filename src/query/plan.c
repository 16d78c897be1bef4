/* SPDX-License-Identifier: MIT */
#include "query/plan.h"

#include "query/plan_write.h"
#include "query/rights.h"

static void order_and_limit(struct sql *q, const struct node *root, const struct cursor *cursor)
{
    if (cursor)
        sql_cursor_order(q, root, cursor);
    else
        sql_order(q, root);
    if (!q->options->one_row)
        sql_limit(q, root->ask, plan_max_rows(q->options));
}

bool plan_select(struct arena *arena, const struct plan_source *source,
                 const struct query_tree *tree, const struct plan_options *options,
                 struct plan *out, struct error *e)
{
    struct node *root = node_resolve(arena, source, tree, options, e);
    const struct cursor *cursor = NULL;
    struct sql q;

    *out = (struct plan){.cacheable = root && root->cacheable};
    if (!root)
        return false;
    sql_init(&q, arena, options, e);
    if (tree->has_cursor) {
        cursor = sql_cursor(&q, root, tree);
        if (!cursor)
            return false;
    }
    SQL(&q, "SELECT ");
    sql_outputs(&q, root, &out->shape);
    if (cursor)
        sql_cursor_outputs(&q, root, cursor, out);
    sql_from_where(&q, root, cursor ? sql_cursor_condition : NULL, cursor);
    sql_group_by(&q, root);
    order_and_limit(&q, root, cursor);
    return sql_finish(&q, out);
}

bool plan_count(struct arena *arena, const struct plan_source *source,
                const struct query_tree *tree, const struct plan_options *options, struct plan *out,
                struct error *e)
{
    struct node *root = node_resolve(arena, source, tree, options, e);
    struct sql q;

    *out = (struct plan){0};
    if (!root)
        return false;
    sql_init(&q, arena, options, e);
    SQL(&q, "SELECT count(*)");
    if (root->grouped || options->count_at_most > 0)
        SQL(&q, " FROM (SELECT ");
    if (root->grouped) /* the groups, not the rows */
        sql_outputs(&q, root, &out->shape);
    else if (options->count_at_most > 0)
        SQL(&q, "1");
    sql_from_where(&q, root, NULL, NULL);
    sql_group_by(&q, root);
    if (options->count_at_most > 0) {
        SQL(&q, " LIMIT ");
        sql_value(&q, value_integer(options->count_at_most));
    }
    if (root->grouped || options->count_at_most > 0)
        SQL(&q, ")");
    return sql_finish(&q, out);
}

bool plan_needs_select(const struct table *table, const struct query_tree *tree)
{
    const struct node node = plan_plain_node(table, tree);

    for (const struct select_item *item = tree->root.select; item; item = item->next) {
        if (item->kind >= SELECT_COUNT || item->aggregate || node_is_count(&node, item))
            return true;
    }
    return false;
}

bool plan_explain(struct arena *arena, const struct plan *plan, struct slice *sql, struct error *e)
{
    static const char before[] = "EXPLAIN QUERY PLAN ";
    char *text = arena_alloc(arena, sizeof before + plan->sql.len);

    if (!text)
        return error_set(e, ERROR_MEMORY, "out of memory");
    memcpy(text, before, sizeof before - 1);
    memcpy(text + sizeof before - 1, plan->sql.data, plan->sql.len + 1);
    *sql = slice_make(text, sizeof before - 1 + plan->sql.len);
    return true;
}

bool plan_key_filter(struct arena *arena, const struct table *table, const struct slice *keys,
                     size_t n, struct condition **out, struct error *e)
{
    struct condition **tail = out;

    if (rights_hide_key(table))
        return rights_refuse(table, e);
    if (table->n_key == 0) {
        error_set(e, ERROR_NO_ROUTE, "%.*s has no primary key, so its rows have no path",
                  SLICE_ARG(table->name));
        return error_hint(e, "Use a filter: /%.*s?column=eq.value", SLICE_ARG(table->name));
    }
    if (n != table->n_key)
        return error_set(e, ERROR_NO_ROUTE,
                         "the primary key of %.*s has %zu columns, the path gives %zu",
                         SLICE_ARG(table->name), table->n_key, n);
    for (size_t i = 0; i < n; i++) {
        struct condition *c = arena_zeroed(arena, 1, sizeof *c);

        if (!c)
            return error_set(e, ERROR_MEMORY, "out of memory");
        c->kind = CONDITION_COMPARE;
        c->op = OPERATOR_EQ;
        c->field.name = table->columns[table->key[i]].name;
        c->value = keys[i];
        *tail = c;
        c->key = *out;
        tail = &c->next;
    }
    return true;
}
