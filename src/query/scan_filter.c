/*
 * Filters: the values behind their operators, and the logic trees of and=(…) and or=(…).
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/text.h"
#include "query/array_literal.h"
#include "query/scan.h"

/* One more member of c->list, which doubles when it is full. */
static struct slice *add_member(struct scan *s, struct condition *c, size_t *capacity)
{
    if (!scan_count(s, 1))
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

/* Its members, up to the closing parenthesis. */
static bool list_members(struct scan *s, struct condition *c)
{
    size_t capacity = 0;

    do {
        struct slice *member = add_member(s, c, &capacity);

        if (!member)
            return false;
        if (!scan_word(s, ",)", member))
            return false;
    } while (scan_take(s, ','));
    if (scan_take(s, ')'))
        return true;
    return scan_fail(s, "\",\" or \")\"");
}

/* (a,"b,c",d): blanks around it and after its first parenthesis are none of a member's. */
static bool parse_list(struct scan *s, struct condition *c)
{
    bool empty;

    scan_spaces(s);
    if (!scan_take(s, '('))
        return scan_fail(s, "\"(\"");
    scan_spaces(s);
    empty = scan_take(s, ')');
    if (!empty && !list_members(s, c))
        return false;
    scan_spaces(s);
    return true;
}

/* {a,"b,c",d} for any and all: an array as PostgreSQL writes it. */
static bool parse_braces(struct scan *s, struct condition *c)
{
    struct array_literal array;

    if (!array_literal_read(s->arena, c->value, &array, s->error)) {
        s->text = c->value;
        s->at = array.at;
        if (error_is_set(s->error))
            return false;
        return scan_fail(s, array.expected);
    }
    array_literal_drop_nulls(&array);
    c->list = array.items;
    c->n_list = array.n;
    return scan_count(s, array.n);
}

static bool check_is(struct scan *s, struct condition *c)
{
    static const char *const words[] = {"null", "not_null", "true", "false", "unknown"};

    c->value = text_trim(c->value);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (text_equal_nocase(c->value, slice_from(words[i])))
            return true;
    }
    return scan_fail(s, "isVal: (null, not_null, true, false, unknown)");
}

/* {a,b} without braces within, commas and all; false if none is there. */
static bool flat_braces(struct scan *s, struct slice *out)
{
    static const struct slice braces = SLICE_LITERAL("{}");
    size_t start = s->at, end = start + 1;

    if (scan_peek(s) != '{')
        return false;
    while (end < s->text.len && !slice_has(braces, s->text.data[end]))
        end++;
    if (end == s->text.len || s->text.data[end] != '}')
        return false;
    s->at = end + 1;
    *out = slice_make(s->text.data + start, s->at - start);
    return true;
}

/* A value within a tree ends at ',' or ')'. */
static bool tree_value(struct scan *s, struct slice *out)
{
    if (flat_braces(s, out))
        return true;
    return scan_word(s, ",)", out);
}

static bool parse_value(struct scan *s, struct condition *c, bool in_tree)
{
    if (c->op == OPERATOR_IN)
        return parse_list(s, c);
    if (!in_tree)
        c->value = scan_rest(s);
    else if (!tree_value(s, &c->value))
        return false;
    if (c->quantifier != QUANTIFIER_NONE) {
        if (!parse_braces(s, c))
            return false;
        return scan_count_conditions(s, c->n_list);
    }
    if (c->op == OPERATOR_IS)
        return check_is(s, c);
    return true;
}

static bool comparison(struct scan *s, struct condition *c, bool in_tree)
{
    c->kind = CONDITION_COMPARE;
    c->negated = scan_take_word(s, "not.");
    if (!scan_count_conditions(s, 1))
        return false;
    if (!scan_operator(s, c))
        return false;
    return parse_value(s, c, in_tree);
}

bool scan_comparison(struct scan *s, struct condition *out)
{
    if (!comparison(s, out, false))
        return false;
    return scan_end(s);
}

/* "and" or "or" before a parenthesis; else it is a column's name. */
static bool tree_word(struct scan *s, enum condition_kind *kind)
{
    if (scan_take_word(s, "and"))
        *kind = CONDITION_AND;
    else if (scan_take_word(s, "or"))
        *kind = CONDITION_OR;
    else
        return false;
    scan_spaces(s);
    return scan_peek(s) == '(';
}

#define MEMBER_EXPECTED                                                                            \
    "field name (* or [a..z0..9_$]), negation operator (not) or logic operator (and, or)"

/* One member of a logic tree: another tree, or field.operator.value. */
static bool tree_member(struct scan *s, struct condition *c)
{
    size_t start;
    bool negated;

    scan_spaces(s);
    start = s->at;
    negated = scan_take_word(s, "not.");
    if (tree_word(s, &c->kind)) {
        c->negated = negated;
        return scan_tree(s, c);
    }
    s->at = start;
    if (!scan_is_name_byte(scan_peek(s)) && scan_peek(s) != '"')
        return scan_fail(s, MEMBER_EXPECTED);
    if (!scan_field(s, &c->field))
        return false;
    if (!scan_take(s, '.'))
        return scan_fail(s, "\".\" and an operator");
    return comparison(s, c, true);
}

bool scan_tree(struct scan *s, struct condition *out)
{
    struct condition **tail = &out->children;

    if (!scan_enter(s))
        return false;
    if (!scan_count_conditions(s, 1))
        return false;
    scan_spaces(s);
    if (!scan_take(s, '('))
        return scan_fail(s, "\"(\"");
    do {
        struct condition *child = scan_node(s, sizeof *child);

        if (!child)
            return false;
        if (!tree_member(s, child))
            return false;
        *tail = child;
        tail = &child->next;
        scan_spaces(s);
    } while (scan_take(s, ','));
    scan_leave(s);
    if (!scan_take(s, ')'))
        return scan_fail(s, "\",\" or \")\"");
    scan_spaces(s);
    return true;
}
