/*
 * ORDER BY and LIMIT.
 *
 * SPDX-License-Identifier: MIT
 */
#include "query/grammar.h"
#include "query/sql.h"

/* The embedded resource whose field a term is of; NULL with the error. */
static const struct node *related(struct sql *q, const struct node *node, struct slice name)
{
    const struct select_item *item = grammar_find_embed(node->ask, name);
    const struct node *child = item ? node_child(node, item) : NULL;

    if (child && child->link.to_one)
        return child;
    if (child) {
        error_set(q->error, ERROR_ORDER_NOT_TO_ONE, "A related order on '%.*s' is not possible",
                  SLICE_ARG(name));
        error_details(q->error,
                      "'%.*s' and '%.*s' do not form a many-to-one or one-to-one relationship",
                      SLICE_ARG(node->table->name), SLICE_ARG(name));
    } else {
        error_set(q->error, ERROR_NOT_EMBEDDED,
                  "'%.*s' is not an embedded resource in this request", SLICE_ARG(name));
        error_hint(q->error, "Verify that '%.*s' is included in the 'select' query parameter.",
                   SLICE_ARG(name));
    }
    sql_give_up(q);
    return NULL;
}

static void term_expression(struct sql *q, const struct node *node, const struct order_term *term)
{
    const struct node *child;
    enum column_kind kind;

    if (!term->relation.len) {
        sql_field(q, node, &term->field, FIELD_COMPARED, &kind);
        return;
    }
    child = related(q, node, term->relation);
    if (!child)
        return;
    if (node_is_joined(child)) {
        sql_field(q, child, &term->field, FIELD_COMPARED, &kind);
        return;
    }
    SQL(q, "(SELECT ");
    sql_field(q, child, &term->field, FIELD_COMPARED, &kind);
    sql_from_where(q, child, NULL, NULL);
    SQL(q, " LIMIT 1)");
}

static bool never_null(const struct node *node, const struct order_term *term)
{
    int column = table_column(node->table, term->field.name);

    return !term->relation.len && !term->field.path && column >= 0 &&
           node->table->columns[column].not_null;
}

/* PostgreSQL puts NULLs last ascending and first descending; SQLite does the opposite. */
void sql_order_term(struct sql *q, const struct node *node, const struct order_term *term)
{
    bool first = term->nulls == NULLS_DEFAULT ? term->descending : term->nulls == NULLS_FIRST;

    term_expression(q, node, term);
    if (term->descending)
        SQL(q, " DESC");
    if (first != !term->descending && !never_null(node, term)) { /* SQLite's own order otherwise */
        if (first)
            SQL(q, " NULLS FIRST");
        else
            SQL(q, " NULLS LAST");
    }
}

void sql_order(struct sql *q, const struct node *node)
{
    const char *before = " ORDER BY ";

    for (const struct order_term *term = node->ask->order; term && !q->failed; term = term->next) {
        sql_text(q, before);
        sql_order_term(q, node, term);
        before = ",";
    }
}

void sql_limit(struct sql *q, const struct query_node *ask, int64_t max_rows)
{
    int64_t rows = ask->limit;

    if (max_rows > 0 && (rows < 0 || rows > max_rows))
        rows = max_rows;
    if (rows < 0 && ask->offset == 0)
        return;
    SQL(q, " LIMIT ");
    sql_value(q, value_integer(rows));
    if (ask->offset > 0) {
        SQL(q, " OFFSET ");
        sql_value(q, value_integer(ask->offset));
    }
}
