/*
 * Filters: operator.value, and the logic trees of and=(…) and or=(…).
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/text.h"
#include "query/grammar.h"
#include "query/scan.h"

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
    {"cs", "SQLite has no arrays or ranges: filter by columns or by a JSON path, column->>key."},
    {"cd", "SQLite has no arrays or ranges: filter by columns or by a JSON path, column->>key."},
    {"ov", "SQLite has no arrays or ranges: use gte and lt on two columns."},
    {"sl", "SQLite has no ranges: use lt on the upper bound."},
    {"sr", "SQLite has no ranges: use gt on the lower bound."},
    {"nxr", "SQLite has no ranges: use lte on the upper bound."},
    {"nxl", "SQLite has no ranges: use gte on the lower bound."},
    {"adj", "SQLite has no ranges: compare the bounds with eq."},
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
    scan_fail(s, "\"not\" or operator (eq, gt, ...)");
    return error_hint(s->error,
                      "The operators are eq, neq, gt, gte, lt, lte, like, ilike, match, imatch, "
                      "isdistinct, in, is, fts, plfts, phfts and wfts, each with an optional "
                      "\"not.\" before it.");
}

static bool is_fts(enum tree_operator op)
{
    return op >= OPERATOR_FTS;
}

static bool takes_quantifier(enum tree_operator op)
{
    return op <= OPERATOR_IMATCH && op != OPERATOR_NEQ;
}

/* (any), (all); a full-text search could have a language here. */
static bool modifier(struct scan *s, struct condition *c)
{
    if (!scan_take(s, '('))
        return true;
    if (is_fts(c->op))
        return scan_unsupported(s, "the configuration of a language for full-text search",
                                "The index's own tokenizer decides: see CREATE VIRTUAL TABLE … "
                                "USING fts5(…, tokenize=…).");
    if (takes_quantifier(c->op) && scan_take_word(s, "any)"))
        c->quantifier = QUANTIFIER_ANY;
    else if (takes_quantifier(c->op) && scan_take_word(s, "all)"))
        c->quantifier = QUANTIFIER_ALL;
    else
        return scan_fail(s, "\".\", or \"any)\" or \"all)\" after eq, gt, gte, lt, lte, like, "
                            "ilike, match or imatch");
    return true;
}

static bool parse_operator(struct scan *s, struct condition *c)
{
    size_t start = s->at;
    struct slice word;

    while (s->at < s->text.len && s->text.data[s->at] >= 'a' && s->text.data[s->at] <= 'z')
        s->at++;
    word = slice_make(s->text.data + start, s->at - start);
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
        if (!slice_is(word, operators[i].word))
            continue;
        c->op = operators[i].op;
        return modifier(s, c) && (scan_take(s, '.') || scan_fail(s, "\".\" and a value"));
    }
    return refuse_operator(s, word, start);
}

/* One more member of c->list, which doubles when it is full. */
static struct slice *add_member(struct scan *s, struct condition *c, size_t *capacity)
{
    if (!scan_count(s))
        return NULL;
    if (c->n_list == *capacity) {
        size_t larger = *capacity ? *capacity * 2 : 8;
        struct slice *list = arena_alloc(s->arena, larger * sizeof *list);

        if (!list) {
            error_set(s->error, ERROR_MEMORY, "out of memory");
            return NULL;
        }
        if (c->n_list)
            memcpy(list, c->list, c->n_list * sizeof *list);
        c->list = list;
        *capacity = larger;
    }
    return &c->list[c->n_list++];
}

/* (a,"b,c",d) or {a,"b,c",d} */
static bool parse_list(struct scan *s, struct condition *c, char open, char close)
{
    const char stops[] = {',', close, '\0'}, opening[] = {'"', open, '"', '\0'};
    size_t capacity = 0;

    scan_spaces(s);
    if (!scan_take(s, open))
        return scan_fail(s, opening);
    if (scan_take(s, close))
        return true;
    do {
        struct slice *member = add_member(s, c, &capacity);

        if (!member || !scan_word(s, stops, member))
            return false;
    } while (scan_take(s, ','));
    if (!scan_take(s, close))
        return scan_fail(s, close == ')' ? "\",\" or \")\"" : "\",\" or \"}\"");
    scan_spaces(s);
    return true;
}

static bool check_is(struct scan *s, const struct condition *c)
{
    static const char *const words[] = {"null", "not_null", "true", "false", "unknown"};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (text_equal_nocase(c->value, slice_from(words[i])))
            return true;
    }
    return scan_fail(s, "isVal: (null, not_null, true, false, unknown)");
}

/* Conditions nest SQL expressions, which SQLite bounds (sqlite.org/limits.html §5). */
static bool count_condition(struct scan *s, size_t n)
{
    s->conditions += n;
    return s->conditions <= GRAMMAR_CONDITIONS_MAX ||
           error_set(s->error, ERROR_SYNTAX, "the query string has more than %d conditions",
                     GRAMMAR_CONDITIONS_MAX);
}

/* The value: within a tree it ends at ',' or ')', else at the end of the parameter. */
static bool parse_value(struct scan *s, struct condition *c, bool in_tree)
{
    if (c->op == OPERATOR_IN)
        return parse_list(s, c, '(', ')');
    if (c->quantifier != QUANTIFIER_NONE)
        return parse_list(s, c, '{', '}') && count_condition(s, c->n_list);
    if (!in_tree)
        c->value = scan_rest(s);
    else if (!scan_word(s, ",)", &c->value))
        return false;
    return c->op != OPERATOR_IS || check_is(s, c);
}

static bool comparison(struct scan *s, struct condition *c, bool in_tree)
{
    c->kind = CONDITION_COMPARE;
    c->negated = scan_take_word(s, "not.");
    return count_condition(s, 1) && parse_operator(s, c) && parse_value(s, c, in_tree);
}

bool scan_comparison(struct scan *s, struct condition *out)
{
    return comparison(s, out, false) && scan_end(s);
}

/* One member of a logic tree: another tree, or field.operator.value. */
static bool member(struct scan *s, struct condition *c)
{
    size_t start;
    bool negated;

    scan_spaces(s);
    start = s->at;
    negated = scan_take_word(s, "not.");
    if (scan_take_word(s, "and(") || scan_take_word(s, "or(")) {
        c->kind = s->text.data[s->at - 2] == 'd' ? CONDITION_AND : CONDITION_OR;
        c->negated = negated;
        s->at--;
        return scan_tree(s, c);
    }
    s->at = start;
    if (!scan_field(s, &c->field))
        return false;
    if (!scan_take(s, '.'))
        return scan_fail(s, "\".\" and an operator");
    return comparison(s, c, true);
}

bool scan_tree(struct scan *s, struct condition *out)
{
    struct condition **tail = &out->children;

    if (!scan_enter(s) || !count_condition(s, 1))
        return false;
    scan_spaces(s);
    if (!scan_take(s, '('))
        return scan_fail(s, "\"(\"");
    do {
        struct condition *child = scan_node(s, sizeof *child);

        if (!child || !member(s, child))
            return false;
        *tail = child;
        tail = &child->next;
        scan_spaces(s);
    } while (scan_take(s, ','));
    scan_leave(s);
    return scan_take(s, ')') || scan_fail(s, "\",\" or \")\"");
}
