/*
 * What is equal, greater, less: a column and what a text may stand for (query/literal.h) as SQL, so
 * that an index on the column serves.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/json.h"
#include "base/text.h"
#include "query/literal.h"
#include "query/number_text.h"
#include "query/sql.h"

/* Nesting of a JSON value in a filter. */
#define VALUE_DEPTH 100

/* X->path against a JSON value: numbers as numbers, all else as the text of the JSON. */
static void compare_path(struct sql *q, const struct node *node, const struct condition *c,
                         struct slice text)
{
    struct value value = value_text(text);
    enum field_use use = FIELD_SHOWN;
    enum column_kind kind;

    if (!json_valid(text, VALUE_DEPTH)) {
        error_set(q->error, ERROR_VALUE, "invalid input syntax for type json: \"%.*s\"",
                  SLICE_SHOWN(text));
        error_hint(q->error, "Compare text with ->> in the place of the last ->.");
        sql_give_up(q);
        return;
    }
    if (number_text_json(text, &value))
        use = FIELD_COMPARED;
    sql_field(q, node, &c->field, use, &kind);
    sql_text(q, sql_comparison(c->op));
    sql_value(q, value);
}

static bool is_equality(enum tree_operator op)
{
    return op == OPERATOR_EQ || op == OPERATOR_NEQ || op == OPERATOR_ISDISTINCT;
}

/* One of several values, or none of them. */
static void one_of(struct sql *q, const struct node *node, const struct condition *c,
                   const struct literal *literal)
{
    bool distinct = c->op == OPERATOR_ISDISTINCT;

    if (distinct)
        SQL(q, "(");
    sql_compared(q, node, c);
    sql_text(q, c->op == OPERATOR_EQ ? " IN " : " NOT IN ");
    sql_literal_list(q, literal);
    if (!distinct)
        return;
    SQL(q, " OR ");
    sql_compared(q, node, c);
    SQL(q, " IS NULL)");
}

/* A column of the path's key, known as k; JSON is one value, which the row itself is compared with. */
static void key_member(struct sql *q, const struct node *node, const struct condition *c)
{
    const struct column *column = sql_compared_column(q, node, &c->field);
    struct literal literal;

    if (!column)
        return;
    if (!sql_literal(q, column, c->value, &literal))
        return;
    if (literal.is_json) {
        SQL(q, "1");
        return;
    }
    SQL(q, "k.");
    sql_text(q, column->quoted);
    SQL(q, " IN ");
    sql_literal_list(q, &literal);
}

/* Of the rows whose keys the path may stand for, the first: it names one row, 7 before '7'. */
static void one_key(struct sql *q, const struct node *node, const struct condition *c,
                    const struct column *column)
{
    const struct table *t = node->table;
    const struct condition *member = c->key;

    sql_compared(q, node, c);
    SQL(q, "=(SELECT k.");
    sql_text(q, column->quoted);
    SQL(q, " FROM ");
    sql_text(q, t->quoted);
    for (size_t i = 0; i < t->n_key && !q->failed; i++, member = member->next) {
        sql_text(q, i ? " AND " : " AS k WHERE ");
        key_member(q, node, member);
    }
    for (size_t i = 0; i < t->n_key; i++) {
        sql_text(q, i ? ",k." : " ORDER BY k.");
        sql_text(q, t->columns[t->key[i]].quoted);
    }
    SQL(q, " LIMIT 1)");
}

static void compare_json(struct sql *q, const struct node *node, const struct condition *c,
                         const struct literal *json)
{
    const struct value_source source = sql_source(json, 0);

    sql_plain_json(q, node, json->column);
    sql_text(q, sql_comparison(c->op));
    SQL(q, "json(");
    sql_value_of(q, json->values[0], &source);
    SQL(q, ")");
}

/* eq, neq, isdistinct */
static void compare_equal(struct sql *q, const struct node *node, const struct condition *c,
                          const struct column *column, const struct literal *literal)
{
    if (literal->is_json)
        compare_json(q, node, c, literal);
    else if (literal->n > 1 && c->key)
        one_key(q, node, c, column);
    else if (literal->n > 1)
        one_of(q, node, c, literal);
    else
        sql_compare_value(q, node, c, literal, 0);
}

/* gt, gte, lt, lte */
static void compare_order(struct sql *q, const struct node *node, const struct condition *c,
                          const struct column *column, const struct literal *literal)
{
    bool several_classes = literal->has_number || sql_bytes_beside(literal);

    if (literal->is_json && column->kind == KIND_JSONB)
        compare_json(q, node, c, literal);
    else if (several_classes)
        sql_by_class(q, node, c, literal);
    else
        sql_compare_value(q, node, c, literal, 0);
}

void sql_compare(struct sql *q, const struct node *node, const struct condition *c,
                 struct slice text)
{
    const struct column *column;
    struct literal literal;

    if (c->field.path && !c->field.as_text) {
        compare_path(q, node, c, text);
        return;
    }
    column = sql_compared_column(q, node, &c->field);
    if (!column)
        return;
    if (!sql_literal(q, column, text, &literal))
        return;
    if (is_equality(c->op))
        compare_equal(q, node, c, column, &literal);
    else
        compare_order(q, node, c, column, &literal);
}
