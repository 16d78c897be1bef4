/* SPDX-License-Identifier: MIT */
#include "store/ddl.h"

#include <stdbool.h>

#include "base/text.h"

enum token_kind { TOKEN_END, TOKEN_WORD, TOKEN_QUOTED, TOKEN_OTHER };

struct token {
    enum token_kind kind;
    struct slice text; /* TOKEN_QUOTED: without its quotes */
};

struct lexer {
    struct slice sql;
    size_t at;
};

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
    return (struct token){TOKEN_QUOTED, slice_make(x->sql.data + start, len)};
}

static struct token next_token(struct lexer *x)
{
    size_t start;
    char c;

    skip_blank(x);
    start = x->at;
    if (start == x->sql.len)
        return (struct token){TOKEN_END, {NULL, 0}};
    c = x->sql.data[start];
    if (c == '"' || c == '`' || c == '\'')
        return quoted_token(x, c);
    if (c == '[')
        return quoted_token(x, ']');
    x->at++;
    if (!is_word(c))
        return (struct token){TOKEN_OTHER, slice_make(x->sql.data + start, 1)};
    while (x->at < x->sql.len && is_word(x->sql.data[x->at]))
        x->at++;
    return (struct token){TOKEN_WORD, slice_make(x->sql.data + start, x->at - start)};
}

static bool is_keyword(struct token t, const char *word)
{
    return t.kind == TOKEN_WORD && text_equal_nocase(t.text, slice_from(word));
}

/* A constraint of another kind: the name before it, if any, was its own. */
static bool ends_name(struct token t)
{
    static const char *const words[] = {"PRIMARY", "UNIQUE",  "CHECK",     "NOT", "NULL",
                                        "DEFAULT", "COLLATE", "GENERATED", "AS"};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (is_keyword(t, words[i]))
            return true;
    }
    return false;
}

struct names {
    struct arena *arena;
    const char **list;
    size_t n, found;
    struct slice pending; /* the name after CONSTRAINT */
    bool in_foreign;      /* FOREIGN KEY was counted: its REFERENCES is not another one */
};

static void count_key(struct names *s)
{
    if (s->found < s->n && s->pending.len)
        s->list[s->found] = arena_copy(s->arena, s->pending);
    s->found++;
    s->pending.len = 0;
}

/* A token directly within the table's parentheses. */
static void take(struct names *s, struct lexer *x, struct token t)
{
    if (t.kind == TOKEN_OTHER && t.text.data[0] == ',') {
        s->pending.len = 0;
        s->in_foreign = false;
    } else if (is_keyword(t, "CONSTRAINT")) {
        s->pending = next_token(x).text;
    } else if (is_keyword(t, "FOREIGN")) {
        count_key(s);
        s->in_foreign = true;
    } else if (is_keyword(t, "REFERENCES")) {
        if (!s->in_foreign)
            count_key(s);
        s->in_foreign = false;
    } else if (ends_name(t)) {
        s->pending.len = 0;
    }
}

void ddl_foreign_key_names(struct arena *arena, struct slice sql, const char **names, size_t n)
{
    struct lexer x = {.sql = sql};
    struct names s = {.arena = arena, .list = names, .n = n};
    int depth = 0;

    for (struct token t = next_token(&x); t.kind != TOKEN_END; t = next_token(&x)) {
        char c = t.kind == TOKEN_OTHER ? t.text.data[0] : '\0';

        depth += (c == '(') - (c == ')');
        if (depth == 1 && c != '(' && c != ')')
            take(&s, &x, t);
    }
    for (size_t i = 0; s.found != n && i < n; i++)
        names[i] = NULL;
}
