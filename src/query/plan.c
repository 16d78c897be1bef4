/* SPDX-License-Identifier: MIT */
#include "query/plan.h"

#include "query/sql.h"

/* PostgreSQL puts NULLs last ascending and first descending; SQLite does the opposite. */
static void order_term(struct sql *q, const struct order_term *term)
{
    const struct column *column = sql_column(q, term->column);
    bool first = term->nulls == NULLS_DEFAULT ? term->descending : term->nulls == NULLS_FIRST;

    if (!column)
        return;
    sql_text(q, column->quoted);
    if (term->descending)
        SQL(q, " DESC");
    if (first != !term->descending && !column->not_null) { /* SQLite's own order otherwise */
        if (first)
            SQL(q, " NULLS FIRST");
        else
            SQL(q, " NULLS LAST");
    }
}

static void order_by(struct sql *q, const struct order_term *term)
{
    const char *before = " ORDER BY ";

    for (; term && !q->failed; term = term->next) {
        sql_text(q, before);
        order_term(q, term);
        before = ",";
    }
}

static void limit(struct sql *q, const struct query_tree *tree, int64_t max_rows)
{
    int64_t rows = tree->limit;

    if (max_rows > 0 && (rows < 0 || rows > max_rows))
        rows = max_rows;
    if (rows < 0 && tree->offset == 0)
        return;
    SQL(q, " LIMIT ");
    sql_value(q, value_integer(rows));
    if (tree->offset > 0) {
        SQL(q, " OFFSET ");
        sql_value(q, value_integer(tree->offset));
    }
}

bool plan_select(struct arena *arena, const struct table *table, const struct query_tree *tree,
                 int64_t max_rows, struct plan *out, struct error *e)
{
    struct sql q;

    *out = (struct plan){0};
    sql_init(&q, arena, table, e);
    SQL(&q, "SELECT ");
    sql_outputs(&q, tree, out);
    SQL(&q, " FROM ");
    sql_text(&q, table->quoted);
    sql_where(&q, tree->filter);
    order_by(&q, tree->order);
    limit(&q, tree, max_rows);
    return sql_finish(&q, out);
}

bool plan_count(struct arena *arena, const struct table *table, const struct query_tree *tree,
                struct plan *out, struct error *e)
{
    struct sql q;

    *out = (struct plan){0};
    sql_init(&q, arena, table, e);
    SQL(&q, "SELECT count(*) FROM ");
    sql_text(&q, table->quoted);
    sql_where(&q, tree->filter);
    return sql_finish(&q, out);
}

bool plan_where(struct arena *arena, const struct table *table, const struct query_tree *tree,
                struct plan *out, struct error *e)
{
    struct sql q;

    *out = (struct plan){0};
    sql_init(&q, arena, table, e);
    sql_filter(&q, tree->filter);
    return sql_finish(&q, out);
}

bool plan_select_key(struct arena *arena, const struct table *table, const struct query_tree *tree,
                     struct plan *out, struct error *e)
{
    struct sql q;

    *out = (struct plan){.n_leading = table->n_key};
    sql_init(&q, arena, table, e);
    SQL(&q, "SELECT ");
    sql_outputs(&q, tree, out);
    SQL(&q, " FROM ");
    sql_text(&q, table->quoted);
    for (size_t i = 0; i < table->n_key; i++) {
        sql_text(&q, i ? " AND " : " WHERE ");
        sql_text(&q, table->columns[table->key[i]].quoted);
        SQL(&q, "=?");
    }
    return sql_finish(&q, out);
}

bool plan_delete(struct arena *arena, const struct table *table, const struct query_tree *tree,
                 enum returning returning, struct plan *out, struct error *e)
{
    struct sql q;

    *out = (struct plan){0};
    sql_init(&q, arena, table, e);
    SQL(&q, "DELETE FROM ");
    sql_text(&q, table->quoted);
    sql_where(&q, tree->filter);
    sql_returning(&q, tree, returning, out);
    return sql_finish(&q, out);
}

bool plan_key_filter(struct arena *arena, const struct table *table, const struct slice *keys,
                     size_t n, struct condition **out, struct error *e)
{
    struct condition **tail = out;

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
        c->column = table->columns[table->key[i]].name;
        c->value = keys[i];
        *tail = c;
        tail = &c->next;
    }
    return true;
}
