/* SPDX-License-Identifier: MIT */
#include "store/catalog/lexer.h"

#include "base/text.h"

static bool is_word(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           c == '$' || (unsigned char)c >= 0x80;
}

/* The place after the next `mark`, or the end. */
static size_t after(const struct lexer *x, size_t from, const char *mark)
{
    size_t len = strlen(mark);

    for (size_t i = from; i + len <= x->sql.len; i++) {
        if (memcmp(x->sql.data + i, mark, len) == 0)
            return i + len;
    }
    return x->sql.len;
}

static void skip_blank(struct lexer *x)
{
    const char *p = x->sql.data;

    while (x->at < x->sql.len) {
        size_t left = x->sql.len - x->at;

        if (memchr(" \t\r\n\f", p[x->at], 5))
            x->at++;
        else if (left >= 2 && memcmp(p + x->at, "--", 2) == 0)
            x->at = after(x, x->at, "\n");
        else if (left >= 2 && memcmp(p + x->at, "/*", 2) == 0)
            x->at = after(x, x->at + 2, "*/");
        else
            break;
    }
}

/* A quoted token; its closing quote doubled stands for itself (not within brackets). */
static struct token quoted_token(struct lexer *x, char close)
{
    size_t start = ++x->at;

    while (x->at < x->sql.len) {
        if (x->sql.data[x->at] == close) {
            if (close == ']' || x->at + 1 == x->sql.len || x->sql.data[x->at + 1] != close)
                break;
            x->at++;
        }
        x->at++;
    }
    size_t len = x->at - start;
    x->at += x->at < x->sql.len;
    return (struct token){TOKEN_QUOTED, slice_make(x->sql.data + start, len), start - 1, x->at};
}

struct token lexer_next(struct lexer *x)
{
    size_t start;
    char c;

    skip_blank(x);
    start = x->at;
    if (start == x->sql.len)
        return (struct token){TOKEN_END, {NULL, 0}, start, start};
    c = x->sql.data[start];
    if (c == '"' || c == '`' || c == '\'')
        return quoted_token(x, c);
    if (c == '[')
        return quoted_token(x, ']');
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
