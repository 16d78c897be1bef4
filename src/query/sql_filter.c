/*
 * The filter as SQL: the comparisons with PostgREST's meaning, the values as parameters.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/json.h"
#include "base/text.h"
#include "query/grammar.h"
#include "query/sql.h"

/* Nesting of a JSON value in a filter. */
#define VALUE_DEPTH 100

/* Conditions side by side; more are put in groups of as many. */
#define GROUP_MAX 128

/* A list of in.() that is longer than this is long. */
#define LONG_LIST 1024

static const char *const comparison[] = {
    [OPERATOR_EQ] = "=",
    [OPERATOR_NEQ] = "<>",
    [OPERATOR_GT] = ">",
    [OPERATOR_GTE] = ">=",
    [OPERATOR_LT] = "<",
    [OPERATOR_LTE] = "<=",
    [OPERATOR_ISDISTINCT] = " IS NOT ",
};

/* What a value is compared with: a column, or what a JSON path finds. */
static const struct column json_text = {
    .name = SLICE_LITERAL("->>"), .quoted = "", .type = "TEXT", .kind = KIND_TEXT};

static bool value_for(struct sql *q, const struct column *column, struct slice text,
                      struct value *out)
{
    return plan_value(q->arena, column, text, out, q->error) || sql_give_up(q);
}

static const struct column *column_of(struct sql *q, const struct node *node,
                                      const struct field *field)
{
    const struct column *column = sql_column(q, node->table, field->name);

    return column && field->path ? &json_text : column;
}

/* X->path against a JSON value: numbers as numbers, all else as the text of the JSON. */
static void compare_json(struct sql *q, const struct node *node, const struct condition *c,
                         struct slice text)
{
    static const struct column number = {.quoted = "", .type = "", .kind = KIND_NUMERIC};
    enum column_kind kind;
    struct value value;

    if (!json_valid(text, VALUE_DEPTH)) {
        error_set(q->error, ERROR_VALUE, "invalid input syntax for type json: \"%.*s\"",
                  (int)(text.len > 80 ? 80 : text.len), text.data ? text.data : "");
        error_hint(q->error, "Compare text with ->> in the place of the last ->.");
        sql_give_up(q);
        return;
    }
    if (!value_for(q, &number, text, &value))
        return;
    sql_field(q, node, &c->field, value.type == VALUE_TEXT ? FIELD_SHOWN : FIELD_COMPARED, &kind);
    sql_text(q, comparison[c->op]);
    sql_value(q, value);
}

static void compare(struct sql *q, const struct node *node, const struct condition *c,
                    struct slice text)
{
    const struct column *column;
    enum column_kind kind;
    struct value value;

    if (c->field.path && !c->field.as_text) {
        compare_json(q, node, c, text);
        return;
    }
    column = column_of(q, node, &c->field);
    if (!column || !value_for(q, column, text, &value))
        return;
    sql_field(q, node, &c->field, FIELD_COMPARED, &kind);
    sql_text(q, comparison[c->op]);
    sql_value(q, value);
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

static void member_of(struct sql *q, const struct node *node, const struct condition *c)
{
    const struct column *column = column_of(q, node, &c->field);
    enum column_kind kind;
    size_t padded = padded_length(c->n_list);

    sql_field(q, node, &c->field, FIELD_COMPARED, &kind);
    SQL(q, " IN (");
    for (size_t i = 0; c->n_list && i < padded && !q->failed; i++) {
        struct value value;

        if (!value_for(q, column, c->list[i < c->n_list ? i : c->n_list - 1], &value))
            return;
        if (i > 0)
            SQL(q, ",");
        sql_value(q, value);
    }
    SQL(q, ")");
}

static void is(struct sql *q, const struct node *node, const struct condition *c)
{
    enum column_kind kind;

    sql_field(q, node, &c->field, FIELD_COMPARED, &kind);
    if (text_equal_nocase(c->value, slice_from("true")))
        SQL(q, " IS TRUE");
    else if (text_equal_nocase(c->value, slice_from("false")))
        SQL(q, " IS FALSE");
    else if (text_equal_nocase(c->value, slice_from("not_null")))
        SQL(q, " IS NOT NULL");
    else /* null, unknown */
        SQL(q, " IS NULL");
}

static void one_value(struct sql *q, const struct node *node, const struct condition *c,
                      struct slice text)
{
    switch (c->op) {
    case OPERATOR_LIKE:
    case OPERATOR_ILIKE:
    case OPERATOR_MATCH:
    case OPERATOR_IMATCH: sql_match(q, node, c, text); break;
    default: compare(q, node, c, text); break;
    }
}

/* a OR b OR c nests as deep as it is long, and SQLite bounds that (SQLITE_MAX_EXPR_DEPTH): a long
 * one is made of groups in parentheses. */
static void begin_of_group(struct sql *q, size_t i, size_t n, const char *joiner)
{
    if (i > 0)
        sql_text(q, joiner);
    if (n > GROUP_MAX && i % GROUP_MAX == 0)
        SQL(q, "(");
}

static void end_of_group(struct sql *q, size_t i, size_t n)
{
    bool last = i % GROUP_MAX == GROUP_MAX - 1 || i == n - 1;

    if (n > GROUP_MAX && last)
        SQL(q, ")");
}

/* operator(any).{a,b}: one of them holds; (all): each. Of none: false, true. */
static void quantified(struct sql *q, const struct node *node, const struct condition *c)
{
    bool any = c->quantifier == QUANTIFIER_ANY;

    if (c->n_list == 0)
        sql_text(q, any ? "FALSE" : "TRUE");
    for (size_t i = 0; i < c->n_list && !q->failed; i++) {
        begin_of_group(q, i, c->n_list, any ? " OR " : " AND ");
        one_value(q, node, c, c->list[i]);
        end_of_group(q, i, c->n_list);
    }
}

/* rel=is.null, rel=not.is.null: whether there is a related row. Where a column has the name of
 * the resource, other operators are about the column. */
static bool related(struct sql *q, const struct node *node, const struct condition *c)
{
    const struct select_item *item =
        c->field.path ? NULL : grammar_find_embed(node->ask, c->field.name);
    const struct node *child = item ? node_child(node, item) : NULL;
    bool null = text_equal_nocase(c->value, slice_from("null"));
    bool is = c->op == OPERATOR_IS && (null || text_equal_nocase(c->value, slice_from("not_null")));

    if (!child || (!is && table_column(node->table, c->field.name) >= 0))
        return false;
    if (!is) {
        error_set(q->error, ERROR_BAD_EMBED_FILTER, "Bad operator on the '%.*s' embedded resource",
                  SLICE_ARG(c->field.name));
        error_details(q->error,
                      "Only is null or not is null filters are allowed on embedded resources");
        sql_give_up(q);
        return true;
    }
    if (null)
        SQL(q, "NOT ");
    sql_exists(q, child);
    return true;
}

static void one_comparison(struct sql *q, const struct node *node, const struct condition *c)
{
    if (related(q, node, c))
        return;
    if (c->op >= OPERATOR_FTS)
        sql_fts(q, node, c);
    else if (c->op >= OPERATOR_CS)
        sql_contains(q, node, c);
    else if (c->quantifier != QUANTIFIER_NONE)
        quantified(q, node, c);
    else if (c->op == OPERATOR_IN)
        member_of(q, node, c);
    else if (c->op == OPERATOR_IS)
        is(q, node, c);
    else
        one_value(q, node, c, c->value);
}

static void siblings(struct sql *q, const struct node *node, const struct condition *c,
                     const char *joiner);

static void one_condition(struct sql *q, const struct node *node, const struct condition *c)
{
    if (c->negated)
        SQL(q, "NOT ");
    SQL(q, "(");
    if (c->kind == CONDITION_COMPARE)
        one_comparison(q, node, c);
    else
        siblings(q, node, c->children, c->kind == CONDITION_AND ? " AND " : " OR ");
    SQL(q, ")");
}

/* Recursion is bounded by the limit of nesting. */
static void siblings(struct sql *q, const struct node *node, const struct condition *c,
                     const char *joiner)
{
    size_t n = 0;

    for (const struct condition *each = c; each; each = each->next)
        n++;
    for (size_t i = 0; c && !q->failed; c = c->next, i++) {
        begin_of_group(q, i, n, joiner);
        one_condition(q, node, c);
        end_of_group(q, i, n);
    }
}

void sql_filter(struct sql *q, const struct node *node, const struct condition *filter)
{
    siblings(q, node, filter, " AND ");
}
