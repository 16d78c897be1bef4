/* SPDX-License-Identifier: MIT */
#include "store/catalog/expression_outline.h"

int expression_depth_change(struct token t)
{
    if (token_is_char(t, '(') || token_is(t, "CASE"))
        return 1;
    if (token_is_char(t, ')') || token_is(t, "END"))
        return -1;
    return 0;
}

static bool is_condition_word(struct token t)
{
    static const char *const words[] = {"AND",    "OR",      "IS",   "IN",     "LIKE",
                                        "ISNULL", "NOTNULL", "GLOB", "REGEXP", "BETWEEN"};

    return token_is_any(t, words, sizeof words / sizeof *words);
}

static char at(struct slice text, size_t place)
{
    if (place < text.len)
        return text.data[place];
    return ' ';
}

/* << and >>, of which this is one sign. */
static bool is_shift(char before, char c, char after)
{
    if (c != '<' && c != '>')
        return false;
    return before == c || after == c;
}

/* '<', '>', '=', '!', '-': what they are depends on their neighbours. */
static void note_sign(struct outline *o, struct slice text, struct token t)
{
    static const struct slice calculating = SLICE_LITERAL("+-*/%&|~");
    static const struct slice comparing = SLICE_LITERAL("<>=!");
    char c = t.text.data[0], after = at(text, t.end), before = ' ';

    if (t.start > 0)
        before = text.data[t.start - 1];
    if (c == '-' && after == '>') {
        bool two = at(text, t.end + 1) == '>';

        o->arrow |= !two;
        o->double_arrow |= two;
        return;
    }
    if (c == '>' && before == '-')
        return; /* the arrow's */
    if (is_shift(before, c, after) || slice_has(calculating, c))
        o->calculates = true;
    else if (slice_has(comparing, c))
        o->compares = true;
}

static void note(struct outline *o, struct slice text, struct token t, struct token before)
{
    bool is_first = o->n == 0;
    bool is_column = !is_first && token_is_char(before, '.'); /* of a table: t.like */

    if (t.kind == TOKEN_OTHER)
        note_sign(o, text, t);
    else if (!is_first && !is_column)
        o->compares |= is_condition_word(t);
    if (is_first)
        o->first = t;
    else if (o->n == 1)
        o->second = t;
    o->before_last = o->last;
    o->last = t;
    o->n++;
}

struct outline expression_outline(struct slice text)
{
    struct outline o = {.named = text};
    struct lexer x = {.sql = text};
    struct token before = {.kind = TOKEN_END};
    int depth = 0;

    for (struct token t = lexer_next(&x); t.kind != TOKEN_END; t = lexer_next(&x)) {
        int change = expression_depth_change(t);

        if (depth == 0 && token_is(t, "AS")) {
            o.named = slice_make(text.data, t.start);
            break;
        }
        if (change < 0)
            depth--;
        if (depth == 0)
            note(&o, text, t, before);
        if (change > 0)
            depth++;
        before = t;
    }
    return o;
}
