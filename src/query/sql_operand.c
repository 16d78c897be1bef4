/*
 * The two sides of a comparison: the field, and what its text may stand for (query/literal.h).
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/text.h"
#include "query/sql.h"

static const char *const comparison[] = {
    [OPERATOR_EQ] = "=",
    [OPERATOR_NEQ] = "<>",
    [OPERATOR_GT] = ">",
    [OPERATOR_GTE] = ">=",
    [OPERATOR_LT] = "<",
    [OPERATOR_LTE] = "<=",
    [OPERATOR_ISDISTINCT] = " IS NOT ",
};

/* What a JSON path finds as text. */
static const struct column json_text = {
    .name = SLICE_LITERAL("->>"), .quoted = "", .type = "TEXT", .kind = KIND_TEXT};

/* A list of in.() that is longer than this is long. */
#define LONG_LIST 1024

const char *sql_comparison(enum tree_operator op)
{
    return comparison[op];
}

const struct column *sql_compared_column(struct sql *q, const struct node *node,
                                         const struct field *field)
{
    const struct column *column = sql_column(q, node->table, field->name);

    if (column && field->path)
        return &json_text;
    return column;
}

bool sql_literal(struct sql *q, const struct column *column, struct slice text, struct literal *out)
{
    if (literal_read(q->arena, column, text, out, q->error))
        return true;
    return sql_give_up(q);
}

struct value_source sql_source(const struct literal *literal, size_t nth)
{
    return (struct value_source){.origin = ORIGIN_LITERAL,
                                 .nth = (unsigned char)nth,
                                 .n = (unsigned char)literal->n,
                                 .has_number = literal->has_number,
                                 .is_json = literal->is_json,
                                 .column = literal->column,
                                 .text = literal->text};
}

static void add_literal(struct sql *q, const struct literal *literal, size_t nth)
{
    const struct value_source source = sql_source(literal, nth);

    sql_value_of(q, literal->values[nth], &source);
}

void sql_compare_value(struct sql *q, const struct node *node, const struct condition *c,
                       const struct literal *literal, size_t nth)
{
    sql_compared(q, node, c);
    sql_text(q, sql_comparison(c->op));
    add_literal(q, literal, nth);
}

/* Few shapes of statement exist: a list is padded, with its last value, to a power of two, a long
 * one to a multiple. */
static size_t padded_length(size_t n)
{
    size_t padded = 1;

    if (n > LONG_LIST)
        return (n + LONG_LIST - 1) / LONG_LIST * LONG_LIST;
    while (padded < n)
        padded *= 2;
    return padded;
}

static void add_item(struct sql *q, const struct sql_items *items, size_t at)
{
    if (items->sources)
        sql_value_of(q, items->values[at], &items->sources[at]);
    else
        sql_value(q, items->values[at]);
}

void sql_list(struct sql *q, const struct sql_items *items, bool json)
{
    size_t padded = padded_length(items->n), at = 0;

    SQL(q, "(");
    for (size_t i = 0; items->n && i < padded && !q->failed; i++) {
        if (i > 0)
            SQL(q, ",");
        sql_text(q, text_if(json, "json("));
        add_item(q, items, at);
        sql_text(q, text_if(json, ")"));
        if (at + 1 < items->n)
            at++;
    }
    SQL(q, ")");
}

void sql_literal_list(struct sql *q, const struct literal *literal)
{
    struct value values[LITERAL_VALUES];
    struct value_source sources[LITERAL_VALUES];
    const struct sql_items items = {values, sources, literal->n};

    for (size_t i = 0; i < literal->n; i++) {
        values[i] = literal->values[i];
        sources[i] = sql_source(literal, i);
    }
    sql_list(q, &items, false);
}
