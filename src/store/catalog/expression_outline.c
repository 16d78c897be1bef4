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

/* '<', '>', '=', '!', '-': what they are depends on their neighbours. */
static void note_sign(struct outline *o, struct slice text, struct token t)
{
    char c = t.text.data[0], before = t.start ? text.data[t.start - 1] : ' ';
    char after = at(text, t.end);
    bool shifts = (c == '<' && (after == '<' || before == '<')) ||
                  (c == '>' && (after == '>' || before == '>'));

    if (c == '-' && after == '>') {
        bool two = at(text, t.end + 1) == '>';

        o->arrow |= !two;
        o->double_arrow |= two;
    } else if (c == '>' && before == '-') {
        return; /* the arrow's */
    } else if (shifts || strchr("+-*/%&|~", c)) {
        o->calculates = true;
    } else if (strchr("<>=!", c)) {
        o->compares = true;
    }
}

static void note(struct outline *o, struct slice text, struct token t, struct token before)
{
    bool qualified = o->n > 0 && token_is_char(before, '.');

    if (t.kind == TOKEN_OTHER)
        note_sign(o, text, t);
    else if (o->n > 0 && !qualified && is_condition_word(t))
        o->compares = true;
    if (o->n == 0)
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
