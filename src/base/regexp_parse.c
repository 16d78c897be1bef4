/* SPDX-License-Identifier: MIT */
#include "base/regexp_parse.h"

#include <stdlib.h>
#include <string.h>

#include "base/regexp.h"
#include "base/regexp_parser.h"
#include "base/regexp_set.h"

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
    char letter = parser_here(p);
    uint32_t c;
    size_t set;

    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (parser_take(p, places[i].letter)) {
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
        return parser_fault(p, "invalid escape \\ sequence");
    *out = add_character(p, c);
    return true;
}

/* ---- atoms, sequences, alternatives */

static bool alternatives(struct parser *p, uint16_t *out);

static bool group(struct parser *p, uint16_t *out)
{
    if (parser_take(p, '?') && !parser_take(p, ':'))
        return parser_fault(p, "look-around is not supported");
    if (++p->depth > REGEXP_DEPTH_MAX)
        return parser_fault(p, "regular expression is too complex");
    if (!alternatives(p, out))
        return false;
    p->depth--;
    if (parser_take(p, ')'))
        return true;
    return parser_fault(p, "parentheses () not balanced");
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

    switch (parser_here(p)) {
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
    case '?': return parser_fault(p, "quantifier operand invalid");
    default: return character_atom(p, out);
    }
}

static bool piece(struct parser *p, uint16_t *out)
{
    struct branch repeat = {.kind = BRANCH_REPEAT}, again;

    if (!atom(p, &repeat.a))
        return false;
    *out = repeat.a;
    if (!regexp_quantifier(p, &repeat))
        return true;
    if (p->tree->branches[repeat.a].kind == BRANCH_PLACE)
        return parser_fault(p, "quantifier operand invalid");
    parser_take(p, '?'); /* whether the shortest is taken does not matter to a match */
    if (regexp_quantifier(p, &again))
        return parser_fault(p, "quantifier operand invalid");
    *out = add_branch(p, repeat);
    return !p->why;
}

/* What ends a sequence. */
static bool is_at_edge(const struct parser *p)
{
    return parser_at_end(p) || parser_here(p) == '|' || parser_here(p) == ')';
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
    while (parser_take(p, '|')) {
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
    if (parser_at_end(p))
        return true;
    return parser_fault(p, "parentheses () not balanced");
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
