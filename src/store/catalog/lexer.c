/* SPDX-License-Identifier: MIT */
#include "store/catalog/lexer.h"

#include "base/ascii.h"
#include "base/text.h"

static bool is_word(char c)
{
    if (ascii_is_letter_or_digit(c))
        return true;
    return c == '_' || c == '$' || (unsigned char)c >= 0x80;
}

/* The place after the next `mark`, or the end. */
static size_t place_after(const struct lexer *x, size_t from, const char *mark)
{
    size_t len = strlen(mark);

    for (size_t i = from; i + len <= x->sql.len; i++) {
        if (memcmp(x->sql.data + i, mark, len) == 0)
            return i + len;
    }
    return x->sql.len;
}

static bool is_blank(char c)
{
    static const struct slice blanks = SLICE_LITERAL(" \t\r\n\f");

    return slice_has(blanks, c);
}

/* True if `mark` stands at the lexer's place. */
static bool is_at(const struct lexer *x, const char *mark)
{
    size_t len = strlen(mark);

    if (x->sql.len - x->at < len)
        return false;
    return memcmp(x->sql.data + x->at, mark, len) == 0;
}

static void skip_blank(struct lexer *x)
{
    while (x->at < x->sql.len) {
        if (is_blank(x->sql.data[x->at]))
            x->at++;
        else if (is_at(x, "--"))
            x->at = place_after(x, x->at, "\n");
        else if (is_at(x, "/*"))
            x->at = place_after(x, x->at + 2, "*/");
        else
            break;
    }
}

/* True at a closing quote that is doubled: within brackets none is. */
static bool is_doubled(const struct lexer *x, char close)
{
    size_t next = x->at + 1;

    return close != ']' && next < x->sql.len && x->sql.data[next] == close;
}

/* A quoted token; its closing quote doubled stands for itself (not within brackets). */
static struct token quoted_token(struct lexer *x, char close)
{
    size_t start = ++x->at, len;

    for (; x->at < x->sql.len; x->at++) {
        if (x->sql.data[x->at] != close)
            continue;
        if (!is_doubled(x, close))
            break;
        x->at++;
    }
    len = x->at - start;
    x->at += x->at < x->sql.len;
    return (struct token){TOKEN_QUOTED, slice_make(x->sql.data + start, len), start - 1, x->at};
}

/* The character that closes what `c` opens; '\0': it opens nothing. */
static char closing_quote(char c)
{
    switch (c) {
    case '"':
    case '`':
    case '\'': return c;
    case '[': return ']';
    default: return '\0';
    }
}

struct token lexer_next(struct lexer *x)
{
    size_t start;
    char c, close;

    skip_blank(x);
    start = x->at;
    if (start == x->sql.len)
        return (struct token){TOKEN_END, {NULL, 0}, start, start};
    c = x->sql.data[start];
    close = closing_quote(c);
    if (close)
        return quoted_token(x, close);
    x->at++;
    if (!is_word(c))
        return (struct token){TOKEN_OTHER, slice_make(x->sql.data + start, 1), start, x->at};
    while (x->at < x->sql.len && is_word(x->sql.data[x->at]))
        x->at++;
    return (struct token){TOKEN_WORD, slice_make(x->sql.data + start, x->at - start), start, x->at};
}

bool token_is(struct token t, const char *keyword)
{
    return t.kind == TOKEN_WORD && text_equal_nocase(t.text, slice_from(keyword));
}

bool token_is_any(struct token t, const char *const *keywords, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (token_is(t, keywords[i]))
            return true;
    }
    return false;
}

bool token_is_char(struct token t, char c)
{
    return t.kind == TOKEN_OTHER && t.text.data[0] == c;
}
