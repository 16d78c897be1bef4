/*
 * Filters: column=operator.value, and the logic trees and=(…) and or=(…).
 *
 * SPDX-License-Identifier: MIT
 */
#include "query/scan.h"

#include "query/grammar.h"

static const struct {
    const char *word;
    enum tree_operator op;
} operators[] = {
#define ROW(name, word) {word, OPERATOR_##name},
    TREE_OPERATORS(ROW)
#undef ROW
};

/* PostgREST's operators that are not here, and why. */
static const struct {
    const char *word;
    const char *hint;
} refused[] = {
    {"cs", "SQLite has no arrays or ranges: filter by columns or JSON text."},
    {"cd", "SQLite has no arrays or ranges: filter by columns or JSON text."},
    {"ov", "SQLite has no arrays or ranges: use gte and lt on two columns."},
    {"sl", "SQLite has no ranges: use lt on the upper bound."},
    {"sr", "SQLite has no ranges: use gt on the lower bound."},
    {"nxr", "SQLite has no ranges: use lte on the upper bound."},
    {"nxl", "SQLite has no ranges: use gte on the lower bound."},
    {"adj", "SQLite has no ranges: compare the bounds with eq."},
    {"match", "Use like or ilike."},
    {"imatch", "Use ilike."},
    {"isdistinct", "Use neq together with is.null in or=()."},
    {"fts", "Query the full-text index as a view of your own."},
    {"plfts", "Query the full-text index as a view of your own."},
    {"phfts", "Query the full-text index as a view of your own."},
    {"wfts", "Query the full-text index as a view of your own."},
};

static bool refuse_operator(struct scan *s, struct slice word, size_t start)
{
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        if (slice_is(word, refused[i].word)) {
            error_set(s->error, ERROR_UNSUPPORTED, "the operator \"%s\" is not supported",
                      refused[i].word);
            return error_hint(s->error, "%s", refused[i].hint);
        }
    }
    s->at = start;
    scan_fail(s, "operator (eq, gt, ...)");
    return error_hint(s->error, "The operators are eq, neq, gt, gte, lt, lte, like, ilike, in and "
                                "is, each with an optional \"not.\" before it.");
}

static bool parse_operator(struct scan *s, enum tree_operator *out)
{
    size_t start = s->at;
    struct slice word;

    while (s->at < s->text.len && s->text.data[s->at] >= 'a' && s->text.data[s->at] <= 'z')
        s->at++;
    word = slice_make(s->text.data + start, s->at - start);
    if (scan_peek(s) == '(' && word.len)
        return scan_unsupported(s, "an operator with a modifier",
                                "Write the alternatives in or=() or and=().");
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
        if (!slice_is(word, operators[i].word))
            continue;
        *out = operators[i].op;
        return scan_take(s, '.') || scan_fail(s, "\".\" and a value");
    }
    return refuse_operator(s, word, start);
}

static bool parse_list(struct scan *s, struct condition *c)
{
    size_t capacity = 8;

    c->list = arena_alloc(s->arena, capacity * sizeof *c->list);
    if (!scan_take(s, '('))
        return scan_fail(s, "\"(\"");
    if (scan_take(s, ')'))
        return true;
    do {
        if (++s->nodes > GRAMMAR_NODES_MAX)
            return error_set(s->error, ERROR_SYNTAX, "the query string has more than %d parts",
                             GRAMMAR_NODES_MAX);
        if (c->list && c->n_list == capacity) {
            struct slice *larger = arena_alloc(s->arena, 2 * capacity * sizeof *larger);

            if (larger)
                memcpy(larger, c->list, capacity * sizeof *larger);
            c->list = larger;
            capacity *= 2;
        }
        if (!c->list)
            return error_set(s->error, ERROR_MEMORY, "out of memory");
        if (!scan_word(s, ",)", &c->list[c->n_list++]))
            return false;
    } while (scan_take(s, ','));
    return scan_take(s, ')') || scan_fail(s, "\",\" or \")\"");
}

static bool check_is(struct scan *s, const struct condition *c)
{
    static const char *const words[] = {"null", "not_null", "true", "false", "unknown"};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (slice_is(c->value, words[i]))
            return true;
    }
    return scan_fail(s, "isVal: (null, not_null, true, false, unknown)");
}

/* [not.]operator.value; within a tree the value ends at ',' or ')', else at the end. */
static bool parse_comparison(struct scan *s, struct condition *c, bool in_tree)
{
    c->kind = CONDITION_COMPARE;
    c->negated = scan_take_word(s, "not.");
    if (!parse_operator(s, &c->op))
        return false;
    if (c->op == OPERATOR_IN)
        return parse_list(s, c);
    if (!in_tree)
        c->value = scan_rest(s);
    else if (!scan_word(s, ",)", &c->value))
        return false;
    return c->op != OPERATOR_IS || check_is(s, c);
}

static bool parse_tree(struct scan *s, struct condition *c);

/* One member of a logic tree: another tree, or column.operator.value. */
static bool parse_member(struct scan *s, struct condition *c)
{
    size_t start = s->at;
    bool negated = scan_take_word(s, "not.");

    if (scan_take_word(s, "and(") || scan_take_word(s, "or(")) {
        c->kind = s->text.data[s->at - 2] == 'd' ? CONDITION_AND : CONDITION_OR;
        c->negated = negated;
        s->at--;
        return parse_tree(s, c);
    }
    s->at = start;
    if (!scan_word(s, ".,()", &c->column))
        return false;
    if (c->column.len == 0)
        return scan_fail(s, "a column name");
    if (!scan_take(s, '.'))
        return scan_fail(s, "\".\" and an operator");
    return parse_comparison(s, c, true);
}

/* (member, member, …) */
static bool parse_tree(struct scan *s, struct condition *c)
{
    struct condition **tail = &c->children;

    if (++s->depth > GRAMMAR_DEPTH_MAX)
        return error_set(s->error, ERROR_SYNTAX, "and=() and or=() are nested more than %d deep",
                         GRAMMAR_DEPTH_MAX);
    if (!scan_take(s, '('))
        return scan_fail(s, "\"(\"");
    do {
        struct condition *child = scan_node(s, sizeof *child);

        if (!child || !parse_member(s, child))
            return false;
        *tail = child;
        tail = &child->next;
    } while (scan_take(s, ','));
    s->depth--;
    return scan_take(s, ')') || scan_fail(s, "\",\" or \")\"");
}

static void add_condition(struct scan *s, struct condition *c)
{
    *s->filter_tail = c;
    s->filter_tail = &c->next;
}

static bool top_tree(struct scan *s, enum condition_kind kind, bool negated)
{
    struct condition *c = scan_node(s, sizeof *c);

    if (!c)
        return false;
    c->kind = kind;
    c->negated = negated;
    if (!parse_tree(s, c))
        return false;
    add_condition(s, c);
    return true;
}

bool scan_and(struct scan *s, struct query_tree *tree)
{
    (void)tree;
    return top_tree(s, CONDITION_AND, false);
}

bool scan_or(struct scan *s, struct query_tree *tree)
{
    (void)tree;
    return top_tree(s, CONDITION_OR, false);
}

bool scan_not_and(struct scan *s, struct query_tree *tree)
{
    (void)tree;
    return top_tree(s, CONDITION_AND, true);
}

bool scan_not_or(struct scan *s, struct query_tree *tree)
{
    (void)tree;
    return top_tree(s, CONDITION_OR, true);
}

/* A name in double quotes stands for itself: it may hold any character. */
static struct slice unquote(struct slice name)
{
    bool is_quoted = name.len >= 2 && name.data[0] == '"' && name.data[name.len - 1] == '"';

    return is_quoted ? slice_make(name.data + 1, name.len - 2) : name;
}

bool scan_filter(struct scan *s, struct query_tree *tree)
{
    struct condition *c = scan_node(s, sizeof *c);
    (void)tree;

    if (!c)
        return false;
    c->column = unquote(s->name);
    if (!parse_comparison(s, c, false) || !scan_end(s))
        return false;
    add_condition(s, c);
    return true;
}
