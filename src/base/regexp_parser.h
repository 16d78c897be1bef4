/*
 * Where the parsing of a regular expression is, and its steps. Private to regexp*.c.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_BASE_REGEXP_PARSER_H
#define THIMBLE_BASE_REGEXP_PARSER_H

#include "base/regexp_parse.h"

struct parser {
    struct tree *tree;
    struct slice text;
    size_t at;
    int depth;
    const char *why; /* the first thing that is wrong */
};

/* Always false. */
static inline bool parser_fault(struct parser *p, const char *why)
{
    if (!p->why)
        p->why = why;
    return false;
}

static inline bool parser_at_end(const struct parser *p)
{
    return p->at >= p->text.len;
}

/* The next character; '\0' at the end. */
static inline char parser_here(const struct parser *p)
{
    if (parser_at_end(p))
        return '\0';
    return p->text.data[p->at];
}

/* Takes `c` if it is next. */
static inline bool parser_take(struct parser *p, char c)
{
    bool is = !parser_at_end(p) && p->text.data[p->at] == c;

    p->at += is;
    return is;
}

/* True if a quantifier is next: it is taken, and the least and the most times are in *b. Check p->why. */
bool regexp_quantifier(struct parser *p, struct branch *b);

#endif
