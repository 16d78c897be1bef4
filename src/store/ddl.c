/* SPDX-License-Identifier: MIT */
#include "store/ddl.h"

#include <stdbool.h>

#include "base/text.h"
#include "store/lexer.h"

/* A constraint of another kind: the name before it, if any, was its own. */
static bool ends_name(struct token t)
{
    static const char *const words[] = {"PRIMARY", "UNIQUE",  "CHECK",     "NOT", "NULL",
                                        "DEFAULT", "COLLATE", "GENERATED", "AS"};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (token_is(t, words[i]))
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
        char c = t.kind == TOKEN_OTHER ? t.text.data[0] : '\0';

        depth += (c == '(') - (c == ')');
        if (depth == 1 && c != '(' && c != ')')
            take(&s, &x, t);
    }
    for (size_t i = 0; s.found != n && i < n; i++)
        names[i] = NULL;
}

/* The value after "option=" among the arguments of a virtual table, or an empty slice. */
static struct slice option_value(struct lexer *x, struct token name, const char *option)
{
    struct token value;

    if (!token_is(name, option) || !token_is_char(lexer_next(x), '='))
        return (struct slice){NULL, 0};
    value = lexer_next(x);
    return value.text;
}

bool ddl_fts5(struct slice sql, struct slice *content, struct slice *content_rowid)
{
    struct lexer x = {.sql = sql};
    struct token t = lexer_next(&x);

    *content = *content_rowid = (struct slice){NULL, 0};
    while (t.kind != TOKEN_END && !token_is(t, "USING"))
        t = lexer_next(&x);
    if (!token_is(lexer_next(&x), "fts5"))
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
