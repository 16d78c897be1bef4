/*
 * The filter as SQL: the comparisons with PostgREST's meaning, the values as parameters.
 *
 * SPDX-License-Identifier: MIT
 */
#include "query/sql.h"

static const char *const comparison[] = {
    [OPERATOR_EQ] = "=",   [OPERATOR_NEQ] = "<>", [OPERATOR_GT] = ">",
    [OPERATOR_GTE] = ">=", [OPERATOR_LT] = "<",   [OPERATOR_LTE] = "<=",
};

static void compare(struct sql *q, const struct column *column, const struct condition *c)
{
    struct value value;

    if (!plan_value(q->arena, column, c->value, &value, q->error)) {
        q->failed = true;
        return;
    }
    sql_text(q, column->quoted);
    sql_text(q, comparison[c->op]);
    sql_value(q, value);
}

/*
 * LIKE with case is GLOB in SQLite (sqlite.org/lang_expr.html §5): % and * become *, _
 * becomes ?, a backslash takes the next character as it is, and GLOB's own specials are
 * put in brackets.
 */
static struct value glob_pattern(struct sql *q, struct slice pattern)
{
    char *out = arena_alloc(q->arena, pattern.len * 3 + 1);
    size_t n = 0;

    if (!out) {
        sql_fail(q);
        return value_null();
    }
    for (size_t i = 0; i < pattern.len; i++) {
        char c = pattern.data[i];
        bool literal = c == '\\' && i + 1 < pattern.len;

        if (literal)
            c = pattern.data[++i];
        if (!literal && (c == '%' || c == '*')) {
            out[n++] = '*';
        } else if (!literal && c == '_') {
            out[n++] = '?';
        } else if (c == '*' || c == '?' || c == '[') {
            out[n++] = '[';
            out[n++] = c;
            out[n++] = ']';
        } else {
            out[n++] = c;
        }
    }
    return value_text(slice_make(out, n));
}

/* LIKE without case: * stands for %, and the backslash is SQLite's escape too. */
static struct value like_pattern(struct sql *q, struct slice pattern)
{
    char *out = arena_copy(q->arena, pattern);

    if (!out) {
        sql_fail(q);
        return value_null();
    }
    for (size_t i = 0; i < pattern.len; i++) {
        if (out[i] == '\\' && i + 1 < pattern.len)
            i++;
        else if (out[i] == '*')
            out[i] = '%';
    }
    return value_text(slice_make(out, pattern.len));
}

static void match(struct sql *q, const struct column *column, const struct condition *c)
{
    sql_text(q, column->quoted);
    if (c->op == OPERATOR_LIKE) {
        SQL(q, " GLOB ");
        sql_value(q, glob_pattern(q, c->value));
    } else {
        SQL(q, " LIKE ");
        sql_value(q, like_pattern(q, c->value));
        SQL(q, " ESCAPE '\\'");
    }
}

/* Padded to a power of two with the last value, so that few shapes of statement exist. */
static void member_of(struct sql *q, const struct column *column, const struct condition *c)
{
    size_t padded = 1;

    while (padded < c->n_list)
        padded *= 2;
    sql_text(q, column->quoted);
    SQL(q, " IN (");
    for (size_t i = 0; c->n_list && i < padded && !q->failed; i++) {
        struct slice text = c->list[i < c->n_list ? i : c->n_list - 1];
        struct value value;

        if (!plan_value(q->arena, column, text, &value, q->error)) {
            q->failed = true;
            return;
        }
        if (i > 0)
            SQL(q, ",");
        sql_value(q, value);
    }
    SQL(q, ")");
}

static void is(struct sql *q, const struct column *column, const struct condition *c)
{
    sql_text(q, column->quoted);
    if (slice_is(c->value, "true"))
        SQL(q, " IS TRUE");
    else if (slice_is(c->value, "false"))
        SQL(q, " IS FALSE");
    else if (slice_is(c->value, "not_null"))
        SQL(q, " IS NOT NULL");
    else /* null, unknown */
        SQL(q, " IS NULL");
}

static void one_comparison(struct sql *q, const struct condition *c)
{
    const struct column *column = sql_column(q, c->column);

    if (!column)
        return;
    switch (c->op) {
    case OPERATOR_LIKE:
    case OPERATOR_ILIKE: match(q, column, c); break;
    case OPERATOR_IN: member_of(q, column, c); break;
    case OPERATOR_IS: is(q, column, c); break;
    default: compare(q, column, c); break;
    }
}

static void siblings(struct sql *q, const struct condition *c, const char *joiner);

static void one_condition(struct sql *q, const struct condition *c)
{
    if (c->negated)
        SQL(q, "NOT ");
    SQL(q, "(");
    if (c->kind == CONDITION_COMPARE)
        one_comparison(q, c);
    else
        siblings(q, c->children, c->kind == CONDITION_AND ? " AND " : " OR ");
    SQL(q, ")");
}

/* Recursion is bounded by GRAMMAR_DEPTH_MAX. */
static void siblings(struct sql *q, const struct condition *c, const char *joiner)
{
    for (; c && !q->failed; c = c->next) {
        one_condition(q, c);
        if (c->next)
            sql_text(q, joiner);
    }
}

void sql_filter(struct sql *q, const struct condition *filter)
{
    siblings(q, filter, " AND ");
}

void sql_where(struct sql *q, const struct condition *filter)
{
    if (!filter)
        return;
    SQL(q, " WHERE ");
    sql_filter(q, filter);
}
