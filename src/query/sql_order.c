/*
 * ORDER BY and LIMIT.
 *
 * SPDX-License-Identifier: MIT
 */
#include "query/grammar.h"
#include "query/sql.h"

/* The embedded resource whose field a term is of; NULL with the error. */
static const struct node *ordered_relation(struct sql *q, const struct node *node,
                                           struct slice name)
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

/* The item that a related resource shows under the name, its spreads' among them; NULL: none. */
static const struct select_item *shown_as(const struct node **node, struct slice name)
{
    const struct node *at = *node;

    for (const struct select_item *item = at->ask->select; item; item = item->next) {
        const struct select_item *found = NULL;

        if (item->kind == SELECT_FIELD && !item->aggregate && !node_is_count(at, item)) {
            if (slice_equal(sql_item_name(item), name))
                return item;
        } else if (item->kind == SELECT_SPREAD && node_is_joined(node_child(at, item))) {
            *node = node_child(at, item);
            found = shown_as(node, name);
            if (found)
                return found;
            *node = at;
        }
    }
    return NULL;
}

/* PostgREST orders by what the related resource shows, under the name that it has there; a column
 * that is not shown does here, too. */
static void related_field(struct sql *q, const struct node *child, const struct field *field)
{
    const struct node *owner = child;
    const struct select_item *item = shown_as(&owner, field->name);
    enum column_kind kind;
    struct output shown;
    bool is_plain;

    if (!item) {
        sql_field(q, child, field, FIELD_COMPARED, &kind);
        return;
    }
    is_plain = item->cast.type.len == 0;
    if (is_plain && !field->path) {
        sql_field(q, owner, &item->field, FIELD_COMPARED, &kind);
    } else if (is_plain && !item->field.path) {
        struct field meant = *field;

        meant.name = item->field.name;
        sql_field(q, owner, &meant, FIELD_COMPARED, &kind);
    } else if (!field->path) {
        sql_item(q, owner, item, &shown);
    } else {
        sql_field(q, child, field, FIELD_COMPARED, &kind);
    }
}

static void term_expression(struct sql *q, const struct node *node, const struct order_term *term)
{
    const struct node *child;
    enum column_kind kind;

    if (!term->relation.len) {
        sql_field(q, node, &term->field, FIELD_COMPARED, &kind);
        return;
    }
    child = ordered_relation(q, node, term->relation);
    if (!child)
        return;
    if (node_is_joined(child)) {
        related_field(q, child, &term->field);
        return;
    }
    SQL(q, "(SELECT ");
    related_field(q, child, &term->field);
    sql_from_where(q, child, NULL, NULL);
    SQL(q, " LIMIT 1)");
}

static bool never_null(const struct node *node, const struct order_term *term)
{
    int column;

    if (term->relation.len || term->field.path)
        return false;
    column = table_column(node->table, term->field.name);
    return column >= 0 && node->table->columns[column].not_null;
}

/* PostgreSQL puts NULLs last ascending and first descending. */
static bool has_nulls_first(const struct order_term *term)
{
    if (term->nulls == NULLS_DEFAULT)
        return term->descending;
    return term->nulls == NULLS_FIRST;
}

/* PostgreSQL puts NULLs last ascending and first descending; SQLite does the opposite. */
void sql_order_term(struct sql *q, const struct node *node, const struct order_term *term)
{
    bool first = has_nulls_first(term);
    bool first_by_itself = !term->descending; /* SQLite's own order */

    term_expression(q, node, term);
    if (term->descending)
        SQL(q, " DESC");
    if (first == first_by_itself || never_null(node, term))
        return;
    if (first)
        SQL(q, " NULLS FIRST");
    else
        SQL(q, " NULLS LAST");
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

int64_t sql_rows_at_most(int64_t limit, int64_t max_rows)
{
    if (max_rows > 0 && (limit < 0 || limit > max_rows))
        return max_rows;
    return limit;
}

void sql_limit(struct sql *q, const struct query_node *ask, int64_t max_rows)
{
    const struct value_source limit = {.origin = ORIGIN_LIMIT, .ask = ask};
    const struct value_source offset = {.origin = ORIGIN_OFFSET, .ask = ask};
    int64_t rows = sql_rows_at_most(ask->limit, max_rows);

    if (rows < 0 && ask->offset == 0)
        return;
    SQL(q, " LIMIT ");
    sql_value_of(q, value_integer(rows), &limit);
    if (ask->offset > 0) {
        SQL(q, " OFFSET ");
        sql_value_of(q, value_integer(ask->offset), &offset);
    }
}
