/*
 * How often a part of a regular expression comes: * + ? {n,m}.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/ascii.h"
#include "base/regexp.h"
#include "base/regexp_parser.h"

/* Digits of {n,m}: at most REGEXP_REPEAT_MAX. */
static bool bound(struct parser *p, int *out)
{
    int n = 0;

    if (!ascii_is_digit(parser_here(p)))
        return false;
    for (; ascii_is_digit(parser_here(p)); p->at++) {
        if (n <= REGEXP_REPEAT_MAX)
            n = n * 10 + (parser_here(p) - '0');
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
    if (!parser_take(p, ','))
        return parser_take(p, '}');
    b->max = BRANCH_NO_MAX;
    if (parser_take(p, '}'))
        return true;
    if (!bound(p, &b->max))
        return false;
    if (!parser_take(p, '}'))
        return false;
    return b->max >= b->min;
}

/* What is behind a { that a digit follows. */
static bool bounds(struct parser *p, struct branch *b)
{
    if (counted_bounds(p, b))
        return true;
    return parser_fault(p, "invalid repetition count(s)");
}

/* { and a digit: a { alone is a character. */
static bool is_at_bounds(const struct parser *p)
{
    size_t after = p->at + 1;

    return parser_here(p) == '{' && after < p->text.len && ascii_is_digit(p->text.data[after]);
}

bool regexp_quantifier(struct parser *p, struct branch *b)
{
    b->min = 0;
    b->max = BRANCH_NO_MAX;
    if (parser_take(p, '*'))
        return true;
    if (parser_take(p, '+')) {
        b->min = 1;
        return true;
    }
    if (parser_take(p, '?')) {
        b->max = 1;
        return true;
    }
    if (!is_at_bounds(p))
        return false;
    p->at++;
    (void)bounds(p, b);
    return true;
}
