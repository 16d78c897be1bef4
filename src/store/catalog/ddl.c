/* SPDX-License-Identifier: MIT */
#include "store/catalog/ddl.h"

#include <stdbool.h>

#include "base/ascii.h"
#include "base/buf.h"
#include "base/text.h"
#include "store/catalog/lexer.h"

/* A constraint of another kind: the name before it, if any, was its own. */
static bool ends_name(struct token t)
{
    static const char *const words[] = {"PRIMARY", "UNIQUE",  "CHECK",     "NOT", "NULL",
                                        "DEFAULT", "COLLATE", "GENERATED", "AS"};

    return token_is_any(t, words, sizeof words / sizeof *words);
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
static void take_constraint(struct names *s, struct lexer *x, struct token t)
{
    if (t.kind == TOKEN_OTHER && t.text.data[0] == ',') {
        s->pending.len = 0;
        s->in_foreign = false;
    } else if (token_is(t, "CONSTRAINT")) {
        s->pending = lexer_next(x).text;
    } else if (token_is(t, "FOREIGN")) {
        count_key(s);
        s->in_foreign = true;
    } else if (token_is(t, "REFERENCES")) {
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

    for (struct token t = lexer_next(&x); t.kind != TOKEN_END; t = lexer_next(&x)) {
        int change = token_is_char(t, '(') - token_is_char(t, ')');

        depth += change;
        if (depth == 1 && change == 0)
            take_constraint(&s, &x, t);
    }
    if (s.found == n)
        return;
    for (size_t i = 0; i < n; i++)
        names[i] = NULL;
}

/* Leaves the lexer after USING. */
static struct token module_token(struct lexer *x)
{
    const struct token none = {.kind = TOKEN_END};
    struct token t = lexer_next(x);
    bool virtual = false;

    for (; !token_is(t, "USING"); t = lexer_next(x)) {
        if (t.kind == TOKEN_END || token_is_char(t, '('))
            return none;
        virtual |= token_is(t, "VIRTUAL");
    }
    if (!virtual)
        return none;
    return lexer_next(x);
}

struct slice ddl_module(struct slice sql)
{
    struct lexer x = {.sql = sql};
    struct token module = module_token(&x);

    if (module.kind == TOKEN_END)
        return slice_make(NULL, 0);
    return module.text;
}

/* The value after "option=" among the arguments of a virtual table, or an empty slice. */
static struct slice option_value(struct lexer *x, struct token name, const char *option)
{
    const struct slice none = {NULL, 0};

    if (!token_is(name, option))
        return none;
    if (!token_is_char(lexer_next(x), '='))
        return none;
    return lexer_next(x).text;
}

bool ddl_fts5(struct slice sql, struct slice *content, struct slice *content_rowid)
{
    struct lexer x = {.sql = sql};
    struct token t = module_token(&x);

    *content = *content_rowid = (struct slice){NULL, 0};
    if (!text_equal_nocase(t.text, slice_from("fts5")))
        return false;
    for (t = lexer_next(&x); t.kind != TOKEN_END; t = lexer_next(&x)) {
        size_t back = x.at;
        struct slice value = option_value(&x, t, "content");

        if (value.len) {
            *content = value;
            continue;
        }
        x.at = back;
        value = option_value(&x, t, "content_rowid");
        if (value.len)
            *content_rowid = value;
        else
            x.at = back;
    }
    return true;
}

/* Bytes of an expression of a schema. */
#define EXPRESSION_MAX ((size_t)1 << 20)

/* What is named or quoted, as an SQL text. */
static void add_text(struct buf *b, struct slice sql, struct token t)
{
    char quote = t.kind == TOKEN_QUOTED ? sql.data[t.start] : '\0';

    buf_add_char(b, '\'');
    for (size_t i = 0; i < t.text.len; i++) {
        char c = t.text.data[i];

        if (c == '\'')
            buf_add_char(b, '\'');
        buf_add_char(b, c);
        if (c == quote && i + 1 < t.text.len && t.text.data[i + 1] == quote)
            i++; /* a doubled quote is one */
    }
    buf_add_char(b, '\'');
}

/* A name alone: not a number, nor a word with a meaning of its own. */
static bool is_name(struct slice sql, struct token t)
{
    static const char *const words[] = {"NULL",         "TRUE",         "FALSE",
                                        "CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP"};

    if (t.kind == TOKEN_QUOTED)
        return sql.data[t.start] != '\'';
    if (token_is_any(t, words, sizeof words / sizeof *words))
        return false;
    return t.kind == TOKEN_WORD && !ascii_is_digit(t.text.data[0]);
}

/* A text in double quotes that is no function's name. */
static bool is_quoted_text(struct slice sql, struct token t, struct lexer after)
{
    if (t.kind != TOKEN_QUOTED || sql.data[t.start] != '"')
        return false;
    return !token_is_char(lexer_next(&after), '(');
}

/* The expression with its double-quoted texts as texts, but for the names of functions. */
static void add_expression(struct buf *b, struct slice sql)
{
    struct lexer x = {.sql = sql};
    size_t copied = 0;

    for (struct token t = lexer_next(&x); t.kind != TOKEN_END; t = lexer_next(&x)) {
        if (!is_quoted_text(sql, t, x))
            continue;
        buf_add(b, sql.data + copied, t.start - copied);
        add_text(b, sql, t);
        copied = t.end;
    }
    buf_add(b, sql.data + copied, sql.len - copied);
    buf_add_char(b, '\n'); /* ends a comment */
}

const char *ddl_default(struct arena *arena, struct slice sql)
{
    struct lexer x = {.sql = sql};
    struct token first = lexer_next(&x);
    const char *copy = NULL;
    struct buf text;

    buf_init(&text, EXPRESSION_MAX);
    if (is_name(sql, first) && lexer_next(&x).kind == TOKEN_END)
        add_text(&text, sql, first);
    else
        add_expression(&text, sql);
    if (!text.failed)
        copy = arena_copy(arena, buf_slice(&text));
    buf_finish(&text);
    return copy;
}

/* Goes past the WHERE of a CREATE INDEX; false if it has none. */
static bool skip_to_where(struct lexer *x)
{
    int depth = 0;

    for (struct token t = lexer_next(x); t.kind != TOKEN_END; t = lexer_next(x)) {
        depth += token_is_char(t, '(') - token_is_char(t, ')');
        if (depth == 0 && token_is(t, "WHERE"))
            return true;
    }
    return false;
}

const char *ddl_index_where(struct arena *arena, struct slice sql)
{
    struct lexer x = {.sql = sql};
    struct slice rest;
    char *copy;

    if (!skip_to_where(&x))
        return NULL;
    rest = slice_after(sql, x.at);
    copy = arena_alloc(arena, rest.len + 2);
    if (copy) {
        memcpy(copy, rest.data, rest.len);
        memcpy(copy + rest.len, "\n", 2);
    }
    return copy;
}
