/*
 * The filter as SQL: its operators and its trees, with PostgREST's meaning.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/text.h"
#include "query/grammar.h"
#include "query/sql.h"

/* Conditions side by side; more are put in groups of as many. */
#define GROUP_MAX 128

/* Text is neither true nor false, and SQLite would make a number of it; what -> finds is JSON's. */
static bool is_boolean(struct sql *q, const struct field *field, enum column_kind kind)
{
    bool nested = field->path && !field->as_text;
    const char *type = kind == KIND_TEXT    ? "text"
                       : kind == KIND_JSON  ? "json"
                       : kind == KIND_JSONB ? "jsonb"
                       : kind == KIND_BLOB  ? "binary"
                                            : NULL;

    if (nested || !type || q->failed)
        return true;
    error_set(q->error, ERROR_NOT_BOOLEAN, "argument of IS TRUE must be type boolean, not type %s",
              type);
    error_hint(q->error, "Compare with eq, or ask whether it is null: is.null, is.not_null.");
    return sql_give_up(q);
}

static void is(struct sql *q, const struct node *node, const struct condition *c)
{
    static const struct {
        struct slice word;
        const char *sql;
        bool boolean;
    } words[] = {
        {SLICE_LITERAL("null"), " IS NULL", false},
        {SLICE_LITERAL("not_null"), " IS NOT NULL", false},
        {SLICE_LITERAL("true"), " IS TRUE", true},
        {SLICE_LITERAL("false"), " IS FALSE", true},
        {SLICE_LITERAL("unknown"), " IS NULL", true},
    };
    enum column_kind kind;

    sql_field(q, node, &c->field, FIELD_COMPARED, &kind);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (!text_equal_nocase(c->value, words[i].word))
            continue;
        if (!words[i].boolean || is_boolean(q, &c->field, kind))
            sql_text(q, words[i].sql);
        return;
    }
}

static void one_value(struct sql *q, const struct node *node, const struct condition *c,
                      struct slice text)
{
    switch (c->op) {
    case OPERATOR_LIKE:
    case OPERATOR_ILIKE:
    case OPERATOR_MATCH:
    case OPERATOR_IMATCH: sql_match(q, node, c, text); break;
    default: sql_compare(q, node, c, text); break;
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
static bool related_condition(struct sql *q, const struct node *node, const struct condition *c)
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
    if (related_condition(q, node, c))
        return;
    if (c->op >= OPERATOR_FTS)
        sql_fts(q, node, c);
    else if (c->op >= OPERATOR_CS)
        sql_contains(q, node, c);
    else if (c->quantifier != QUANTIFIER_NONE)
        quantified(q, node, c);
    else if (c->op == OPERATOR_IN)
        sql_member(q, node, c);
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
