/* SPDX-License-Identifier: MIT */
#include "query/grammar.h"

#include "base/parse.h"
#include "base/text.h"
#include "query/scan.h"

/* Parses the value of one parameter into the tree. */
typedef bool param_fn(struct scan *s, struct query_tree *tree);

static bool parse_limit(struct scan *s, struct query_tree *tree)
{
    return scan_whole_number(s, &tree->limit);
}

static bool parse_offset(struct scan *s, struct query_tree *tree)
{
    return scan_whole_number(s, &tree->offset);
}

static bool parse_all(struct scan *s, struct query_tree *tree)
{
    bool value;

    if (!parse_bool(scan_rest(s), &value))
        return scan_fail(s, "\"true\" or \"false\"");
    tree->all = value;
    return true;
}

/* The reserved parameters; every other name is a column's filter. */
static const struct {
    const char *name;
    param_fn *parse;
} params[] = {
    {"select", scan_select},   {"order", scan_order},   {"limit", parse_limit},
    {"offset", parse_offset},  {"and", scan_and},       {"or", scan_or},
    {"not.and", scan_not_and}, {"not.or", scan_not_or}, {"all", parse_all},
};

static bool parse_param(struct scan *s, struct query_tree *tree)
{
    for (size_t i = 0; i < sizeof params / sizeof *params; i++) {
        if (slice_is(s->name, params[i].name))
            return params[i].parse(s, tree) && scan_end(s);
    }
    return scan_filter(s, tree);
}

/* Decodes one side of a name=value pair into the arena. */
static bool decode(struct arena *arena, struct slice raw, struct slice *out, struct error *e)
{
    char *text = arena_alloc(arena, raw.len + 1);
    long len;

    if (!text)
        return error_set(e, ERROR_MEMORY, "out of memory");
    len = text_percent_decode(raw, text, true);
    if (len < 0 || !text_utf8_valid(slice_make(text, (size_t)len)))
        return error_set(e, ERROR_SYNTAX, "\"%.*s\" is not percent-encoded UTF-8",
                         (int)(raw.len > 80 ? 80 : raw.len), raw.data);
    *out = slice_make(text, (size_t)len);
    return true;
}

static bool parse_pair(struct scan *s, struct slice pair, struct query_tree *tree)
{
    const char *equal = memchr(pair.data, '=', pair.len);
    size_t name_len = equal ? (size_t)(equal - pair.data) : pair.len;
    struct slice value = {NULL, 0};

    if (!decode(s->arena, slice_make(pair.data, name_len), &s->name, s->error))
        return false;
    if (!equal)
        return error_set(s->error, ERROR_SYNTAX, "the parameter \"%.*s\" has no value",
                         SLICE_ARG(s->name));
    if (!decode(s->arena, slice_make(equal + 1, pair.len - name_len - 1), &value, s->error))
        return false;
    s->text = value;
    s->at = 0;
    return parse_param(s, tree);
}

bool grammar_parse(struct arena *arena, struct slice query, struct query_tree *out, struct error *e)
{
    struct scan s = {.arena = arena, .error = e};

    *out = (struct query_tree){.limit = -1};
    s.filter_tail = &out->filter;
    for (size_t at = 0; at < query.len;) {
        const char *amp = memchr(query.data + at, '&', query.len - at);
        size_t len = amp ? (size_t)(amp - query.data) - at : query.len - at;

        if (len > 0 && !parse_pair(&s, slice_make(query.data + at, len), out))
            return false;
        at += len + 1;
    }
    return true;
}
