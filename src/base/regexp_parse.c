/* SPDX-License-Identifier: MIT */
#include "base/regexp_parse.h"

#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/regexp.h"
#include "base/regexp_set.h"

struct parser {
    struct tree *tree;
    struct slice text;
    size_t at;
    int depth;
    const char *why; /* the first thing that is wrong */
};

static bool wrong(struct parser *p, const char *why)
{
    if (!p->why)
        p->why = why;
    return false;
}

static bool at_end(const struct parser *p)
{
    return p->at >= p->text.len;
}

static char here(const struct parser *p)
{
    if (at_end(p))
        return '\0';
    return p->text.data[p->at];
}

/* Takes `c` if it is next. */
static bool take_char(struct parser *p, char c)
{
    bool is = !at_end(p) && p->text.data[p->at] == c;

    p->at += is;
    return is;
}

static uint16_t add_branch(struct parser *p, struct branch branch)
{
    p->tree->branches[p->tree->n_branches] = branch;
    return (uint16_t)p->tree->n_branches++;
}

static uint16_t add_place(struct parser *p, enum regexp_place place)
{
    return add_branch(p, (struct branch){.kind = BRANCH_PLACE, .a = (uint16_t)place});
}

static uint16_t add_character(struct parser *p, uint32_t c)
{
    return add_branch(
        p, (struct branch){.kind = BRANCH_CHAR, .c = p->tree->fold ? regexp_fold(c) : c});
}

static uint16_t add_set(struct parser *p, size_t set)
{
    return add_branch(p, (struct branch){.kind = BRANCH_SET, .a = (uint16_t)set});
}

/* ---- escapes */

static const struct {
    char letter;
    enum regexp_place place;
} places[] = {
    {'A', PLACE_START},      {'Z', PLACE_END},         {'b', PLACE_BOUNDARY},
    {'y', PLACE_BOUNDARY},   {'B', PLACE_NO_BOUNDARY}, {'Y', PLACE_NO_BOUNDARY},
    {'m', PLACE_WORD_START}, {'M', PLACE_WORD_END},
};

static bool escape_atom(struct parser *p, uint16_t *out)
{
    char letter = here(p);
    uint32_t c;
    size_t set;

    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (take_char(p, places[i].letter)) {
            *out = add_place(p, places[i].place);
            return true;
        }
    }
    if (regexp_set_class(p->tree, letter, &set)) {
        p->at++;
        *out = add_set(p, set);
        return true;
    }
    if (!regexp_escape(p->text, &p->at, &c))
        return wrong(p, "invalid escape \\ sequence");
    *out = add_character(p, c);
    return true;
}

/* ---- atoms, repetitions, sequences, alternatives */

static bool alternatives(struct parser *p, uint16_t *out);

static bool group(struct parser *p, uint16_t *out)
{
    if (take_char(p, '?') && !take_char(p, ':'))
        return wrong(p, "look-around is not supported");
    if (++p->depth > REGEXP_DEPTH_MAX)
        return wrong(p, "regular expression is too complex");
    if (!alternatives(p, out))
        return false;
    p->depth--;
    if (take_char(p, ')'))
        return true;
    return wrong(p, "parentheses () not balanced");
}

static bool character_atom(struct parser *p, uint16_t *out)
{
    size_t bytes;
    uint32_t c = regexp_decode(p->text.data + p->at, p->text.len - p->at, &bytes);

    p->at += bytes;
    *out = add_character(p, c);
    return true;
}

static bool atom(struct parser *p, uint16_t *out)
{
    size_t set;

    switch (here(p)) {
    case '(': p->at++; return group(p, out);
    case '[':
        p->at++;
        if (!regexp_set_parse(p->tree, p->text, &p->at, &set, &p->why))
            return false;
        *out = add_set(p, set);
        return true;
    case '.':
        p->at++;
        *out = add_branch(p, (struct branch){.kind = BRANCH_ANY});
        return true;
    case '^':
        p->at++;
        *out = add_place(p, PLACE_START);
        return true;
    case '$':
        p->at++;
        *out = add_place(p, PLACE_END);
        return true;
    case '\\': p->at++; return escape_atom(p, out);
    case '*':
    case '+':
    case '?': return wrong(p, "quantifier operand invalid");
    default: return character_atom(p, out);
    }
}

/* Digits of {n,m}: at most REGEXP_REPEAT_MAX. */
static bool bound(struct parser *p, int *out)
{
    int n = 0;

    if (!ascii_is_digit(here(p)))
        return false;
    for (; ascii_is_digit(here(p)); p->at++) {
        if (n <= REGEXP_REPEAT_MAX)
            n = n * 10 + (here(p) - '0');
    }
    *out = n;
    return n <= REGEXP_REPEAT_MAX;
}

/* n}, n,} or n,m} */
static bool counted_bounds(struct parser *p, struct branch *b)
{
    if (!bound(p, &b->min))
        return false;
    b->max = b->min;
    if (!take_char(p, ','))
        return take_char(p, '}');
    b->max = BRANCH_NO_MAX;
    if (take_char(p, '}'))
        return true;
    if (!bound(p, &b->max))
        return false;
    if (!take_char(p, '}'))
        return false;
    return b->max >= b->min;
}

/* What is behind a { that a digit follows. */
static bool bounds(struct parser *p, struct branch *b)
{
    if (counted_bounds(p, b))
        return true;
    return wrong(p, "invalid repetition count(s)");
}

/* { and a digit: a { alone is a character. */
static bool is_at_bounds(const struct parser *p)
{
    size_t after = p->at + 1;

    return here(p) == '{' && after < p->text.len && ascii_is_digit(p->text.data[after]);
}

/* True if a quantifier is next; it is taken. Check p->why. */
static bool quantifier(struct parser *p, struct branch *b)
{
    b->min = 0;
    b->max = BRANCH_NO_MAX;
    if (take_char(p, '*'))
        return true;
    if (take_char(p, '+')) {
        b->min = 1;
        return true;
    }
    if (take_char(p, '?')) {
        b->max = 1;
        return true;
    }
    if (!is_at_bounds(p))
        return false;
    p->at++;
    (void)bounds(p, b);
    return true;
}

static bool piece(struct parser *p, uint16_t *out)
{
    struct branch repeat = {.kind = BRANCH_REPEAT}, again;

    if (!atom(p, &repeat.a))
        return false;
    *out = repeat.a;
    if (!quantifier(p, &repeat))
        return true;
    if (p->tree->branches[repeat.a].kind == BRANCH_PLACE)
        return wrong(p, "quantifier operand invalid");
    take_char(p, '?'); /* whether the shortest is taken does not matter to a match */
    if (quantifier(p, &again))
        return wrong(p, "quantifier operand invalid");
    *out = add_branch(p, repeat);
    return !p->why;
}

/* What ends a sequence. */
static bool is_at_edge(const struct parser *p)
{
    return at_end(p) || here(p) == '|' || here(p) == ')';
}

static bool sequence(struct parser *p, uint16_t *out)
{
    uint16_t next;

    *out = add_branch(p, (struct branch){.kind = BRANCH_EMPTY});
    for (bool first = true; !is_at_edge(p); first = false) {
        if (!piece(p, &next))
            return false;
        if (first)
            *out = next;
        else
            *out = add_branch(p, (struct branch){.kind = BRANCH_BOTH, .a = *out, .b = next});
    }
    return true;
}

static bool alternatives(struct parser *p, uint16_t *out)
{
    uint16_t next;

    if (!sequence(p, out))
        return false;
    while (take_char(p, '|')) {
        if (!sequence(p, &next))
            return false;
        *out = add_branch(p, (struct branch){.kind = BRANCH_EITHER, .a = *out, .b = next});
    }
    return true;
}

static bool begins_folded(struct slice text)
{
    return text.len >= 4 && memcmp(text.data, "(?i)", 4) == 0;
}

/* Each character becomes two branches at most, of itself and with what is before; a set has two
 * ranges for each of its characters at most. */
static bool make_branches(struct tree *tree, size_t len)
{
    tree->branches = calloc(3 * len + 4, sizeof *tree->branches);
    tree->sets = calloc(len + 1, sizeof *tree->sets);
    tree->ranges = calloc(2 * len + 8, sizeof *tree->ranges);
    return tree->branches && tree->sets && tree->ranges;
}

/* The whole pattern. */
static bool pattern_tree(struct parser *p)
{
    if (!make_branches(p->tree, p->text.len))
        return false;
    if (!alternatives(p, &p->tree->root))
        return false;
    if (at_end(p))
        return true;
    return wrong(p, "parentheses () not balanced");
}

bool regexp_parse(struct tree *tree, struct slice pattern, bool fold, const char **why)
{
    struct parser p = {.tree = tree, .text = pattern};

    *tree = (struct tree){.fold = fold};
    if (begins_folded(pattern)) {
        p.at = 4;
        tree->fold = true;
    }
    if (pattern_tree(&p))
        return true;
    *why = p.why;
    free(tree->branches);
    free(tree->sets);
    free(tree->ranges);
    return false;
}
