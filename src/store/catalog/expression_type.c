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

/* The common type of the arguments from the nth on; of CAST the type after AS. */
static struct slice arguments_type(struct slice list, size_t nth, int depth)
{
    struct lexer x = {.sql = list};
    struct slice type = any;
    size_t from = 0, seen = 0;
    int level = 0;

    for (;;) {
        struct token t = lexer_next(&x);
        bool ends = t.kind == TOKEN_END || (level == 0 && token_is_char(t, ','));

        level += expression_depth_change(t);
        if (!ends)
            continue;
        if (seen++ >= nth)
            type = common(type, expression_type(slice_between(list, from, t.start), depth + 1));
        from = t.end;
        if (t.kind == TOKEN_END)
            return expression_fits_any(type) ? unknown : type;
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
    struct lexer x = {.sql = text};
    struct slice type = any;
    size_t from = 0;
    int level = 0;

    for (struct token t = lexer_next(&x); t.kind != TOKEN_END; t = lexer_next(&x)) {
        bool edge = token_is(t, "WHEN") || token_is(t, "ELSE") || token_is(t, "END");

        if (level == 1 && edge && from)
            type = common(type, expression_type(slice_between(text, from, t.start), depth + 1));
        if (level == 1 && edge)
            from = 0;
        if (level == 1 && (token_is(t, "THEN") || token_is(t, "ELSE")))
            from = t.end;
        level += expression_depth_change(t);
    }
    if (expression_fits_any(type))
        return unknown;
    return type;
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
    bool json_text = t.kind == TOKEN_QUOTED && t.text.len > 0 && t.text.data[-1] == '\'' &&
                     (t.text.data[0] == '[' || t.text.data[0] == '{');

    if (token_is(t, "TRUE") || token_is(t, "FALSE"))
        return boolean;
    return json_text || token_is(t, "NULL") ? any : unknown;
}

struct slice expression_type(struct slice text, int depth)
{
    struct outline o = expression_outline(text);
    bool named_after; /* "… name" without AS */
    bool call;

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
    named_after = o.n > 2 && o.last.kind != TOKEN_OTHER && !token_is(o.last, "END") &&
                  (token_is_char(o.before_last, ')') || token_is(o.before_last, "END"));
    if (token_is(o.first, "CASE") && o.n == (named_after ? 3U : 2U))
        return case_type(o.named, depth);
    if (token_is_char(o.first, '(') && o.n == (named_after ? 3U : 2U))
        return parentheses_type(o.named, depth);
    /* name(…), with FILTER (…) and OVER (…) or without */
    call = o.first.kind == TOKEN_WORD && token_is_char(o.second, '(');
    if (call)
        return call_type(o.first, inside(o.named), depth);
    return unknown;
}
