/* SPDX-License-Identifier: MIT */
#include "store/catalog/expression_type.h"

#include "base/text.h"
#include "store/catalog/expression_outline.h"
#include "store/catalog/lexer.h"

static const struct slice unknown = {NULL, 0};
static const struct slice any = SLICE_LITERAL("any type");
static const struct slice boolean = SLICE_LITERAL("BOOLEAN");
static const struct slice json = SLICE_LITERAL("JSON");

bool expression_fits_any(struct slice type)
{
    return slice_equal(type, any);
}

/* What two branches have in common. */
static struct slice common(struct slice a, struct slice b)
{
    if (expression_fits_any(a))
        return b;
    if (expression_fits_any(b) || slice_equal(a, b))
        return a;
    return unknown;
}

static struct slice slice_between(struct slice text, size_t from, size_t to)
{
    return text_trim(slice_make(text.data + from, to - from));
}

/* "any type" is no type to whoever asks. */
static struct slice known_type(struct slice type)
{
    if (expression_fits_any(type))
        return unknown;
    return type;
}

static bool is_bool_word(struct token t)
{
    return token_is(t, "TRUE") || token_is(t, "FALSE");
}

/* '[…' or '{…' */
static bool is_json_literal(struct token t)
{
    static const struct slice opening = SLICE_LITERAL("[{");

    if (t.kind != TOKEN_QUOTED || t.text.len == 0)
        return false;
    return t.text.data[-1] == '\'' && slice_has(opening, t.text.data[0]);
}

/* The common type of the arguments from the nth on; of CAST the type after AS. */
static struct slice arguments_type(struct slice list, size_t nth, int depth)
{
    struct lexer x = {.sql = list};
    struct slice type = any;
    size_t from = 0, seen = 0;
    int level = 0;

    for (;;) {
        struct token t = lexer_next(&x);
        bool is_end = t.kind == TOKEN_END;
        bool is_comma = level == 0 && token_is_char(t, ',');

        level += expression_depth_change(t);
        if (!is_end && !is_comma)
            continue;
        if (seen++ >= nth)
            type = common(type, expression_type(slice_between(list, from, t.start), depth + 1));
        from = t.end;
        if (is_end)
            return known_type(type);
    }
}

static struct slice cast_type(struct slice list)
{
    struct lexer x = {.sql = list};
    struct slice type = unknown;
    int level = 0;

    for (struct token t = lexer_next(&x); t.kind != TOKEN_END; t = lexer_next(&x)) {
        if (level == 0 && token_is(t, "AS"))
            type = slice_between(list, t.end, list.len);
        level += expression_depth_change(t);
    }
    return type;
}

static const struct {
    const char *name;
    struct slice type; /* empty: that of its arguments from `nth` on */
    size_t nth;
} functions[] = {
    {"json", SLICE_LITERAL("JSON"), 0},
    {"json_array", SLICE_LITERAL("JSON"), 0},
    {"json_object", SLICE_LITERAL("JSON"), 0},
    {"json_group_array", SLICE_LITERAL("JSON"), 0},
    {"json_group_object", SLICE_LITERAL("JSON"), 0},
    {"json_insert", SLICE_LITERAL("JSON"), 0},
    {"json_array_insert", SLICE_LITERAL("JSON"), 0},
    {"json_patch", SLICE_LITERAL("JSON"), 0},
    {"json_remove", SLICE_LITERAL("JSON"), 0},
    {"json_replace", SLICE_LITERAL("JSON"), 0},
    {"json_set", SLICE_LITERAL("JSON"), 0},
    {"json_quote", SLICE_LITERAL("JSON"), 0},
    {"jsonb", SLICE_LITERAL("JSONB"), 0},
    {"jsonb_array", SLICE_LITERAL("JSONB"), 0},
    {"jsonb_object", SLICE_LITERAL("JSONB"), 0},
    {"jsonb_group_array", SLICE_LITERAL("JSONB"), 0},
    {"jsonb_group_object", SLICE_LITERAL("JSONB"), 0},
    {"exists", SLICE_LITERAL("BOOLEAN"), 0},
    {"like", SLICE_LITERAL("BOOLEAN"), 0},
    {"glob", SLICE_LITERAL("BOOLEAN"), 0},
    {"regexp", SLICE_LITERAL("BOOLEAN"), 0},
    {"json_valid", SLICE_LITERAL("BOOLEAN"), 0},
    {"coalesce", {NULL, 0}, 0},
    {"ifnull", {NULL, 0}, 0},
    {"iif", {NULL, 0}, 1},
    {"if", {NULL, 0}, 1},
};

static struct slice call_type(struct token name, struct slice list, int depth)
{
    if (token_is(name, "CAST"))
        return cast_type(list);
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        if (!token_is(name, functions[i].name))
            continue;
        if (functions[i].type.len)
            return functions[i].type;
        return arguments_type(list, functions[i].nth, depth);
    }
    return unknown;
}

/* THEN and ELSE of a CASE: what stands between them and the next WHEN, ELSE or END. */
static struct slice case_type(struct slice text, int depth)
{
    static const char *const edges[] = {"WHEN", "ELSE", "END"}, *const branches[] = {"THEN",
                                                                                     "ELSE"};
    struct lexer x = {.sql = text};
    struct slice type = any;
    size_t from = 0;
    int level = 0;

    for (struct token t = lexer_next(&x); t.kind != TOKEN_END; t = lexer_next(&x)) {
        bool of_case = level == 1;

        level += expression_depth_change(t);
        if (!of_case)
            continue;
        if (token_is_any(t, edges, 3)) {
            if (from)
                type = common(type, expression_type(slice_between(text, from, t.start), depth + 1));
            from = 0;
        }
        if (token_is_any(t, branches, 2))
            from = t.end;
    }
    return known_type(type);
}

/* What is between the first bracket at the text's own level and the one that closes it. */
static struct slice inside(struct slice text)
{
    struct lexer x = {.sql = text};
    size_t from = 0;
    int level = 0;

    for (struct token t = lexer_next(&x); t.kind != TOKEN_END; t = lexer_next(&x)) {
        int change = expression_depth_change(t);

        if (level == 0 && change > 0)
            from = t.end;
        level += change;
        if (level == 0 && change < 0)
            return slice_between(text, from, t.start);
    }
    return unknown;
}

static struct slice parentheses_type(struct slice text, int depth)
{
    struct slice within = inside(text), type = unknown;
    struct lexer x = {.sql = within};
    struct token first = lexer_next(&x);

    if (!token_is(first, "SELECT") && !token_is(first, "WITH"))
        return expression_type(within, depth + 1);
    select_types(within, &type, 1, depth + 1);
    return type;
}

/* One word, one literal. */
static struct slice single_type(struct token t)
{
    if (is_bool_word(t))
        return boolean;
    if (token_is(t, "NULL") || is_json_literal(t))
        return any;
    return unknown;
}

/* ")" or END: the end of an expression in brackets. */
static bool is_closing(struct token t)
{
    return token_is_char(t, ')') || token_is(t, "END");
}

/* "… name" without AS */
static bool is_named_after(const struct outline *o)
{
    if (o->n <= 2 || !is_closing(o->before_last))
        return false;
    return o->last.kind != TOKEN_OTHER && !token_is(o->last, "END");
}

/* Brackets or a CASE, which are two tokens at this level, and perhaps a name after them. */
static bool is_bracketed(const struct outline *o)
{
    size_t tokens = 2;

    if (is_named_after(o))
        tokens = 3;
    return o->n == tokens;
}

/* name(…), with FILTER (…) and OVER (…) or without */
static bool is_call(const struct outline *o)
{
    return o->first.kind == TOKEN_WORD && token_is_char(o->second, '(');
}

struct slice expression_type(struct slice text, int depth)
{
    struct outline o = expression_outline(text);

    if (depth > EXPRESSION_DEPTH_MAX || o.n == 0)
        return unknown;
    if (o.compares || token_is(o.first, "NOT"))
        return boolean;
    if (o.calculates || o.double_arrow)
        return unknown;
    if (o.arrow)
        return json;
    if (o.n == 1)
        return single_type(o.first);
    if (is_bracketed(&o)) {
        if (token_is(o.first, "CASE"))
            return case_type(o.named, depth);
        if (token_is_char(o.first, '('))
            return parentheses_type(o.named, depth);
    }
    if (is_call(&o))
        return call_type(o.first, inside(o.named), depth);
    return unknown;
}
