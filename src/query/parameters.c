/*
 * The query string as names and values.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/text.h"
#include "query/grammar.h"

/* Decodes one side of a name=value pair into the arena. */
static bool decode_side(struct arena *arena, struct slice raw, struct slice *out, struct error *e)
{
    char *text = arena_alloc(arena, raw.len + 1);

    if (!text)
        return error_set(e, ERROR_MEMORY, "out of memory");
    *out = slice_make(text, text_query_decode(raw, text));
    if (text_utf8_valid(*out))
        return true;
    error_set(e, ERROR_SYNTAX, "\"%.*s\" is not percent-encoded UTF-8", SLICE_SHOWN(raw));
    return error_hint(e, "A percent sign that is meant itself is %%25.");
}

static bool split_pair(struct arena *arena, struct slice pair, struct parameter *p, struct error *e)
{
    size_t name_len = slice_find(pair, '=');

    if (!decode_side(arena, slice_make(pair.data, name_len), &p->name, e))
        return false;
    if (name_len == pair.len)
        return error_set(e, ERROR_SYNTAX, "the parameter \"%.*s\" has no value",
                         SLICE_ARG(p->name));
    return decode_side(arena, slice_after(pair, name_len + 1), &p->value, e);
}

bool grammar_split(struct arena *arena, struct slice query, struct parameter **out, struct error *e)
{
    *out = NULL;
    for (size_t at = 0; at < query.len;) {
        struct slice rest = slice_after(query, at);
        size_t len = slice_find(rest, '&');

        if (len > 0) {
            struct parameter *p = arena_zeroed(arena, 1, sizeof *p);

            if (!p)
                return error_set(e, ERROR_MEMORY, "out of memory");
            if (!split_pair(arena, slice_make(rest.data, len), p, e))
                return false;
            *out = p;
            out = &p->next;
        }
        at += len + 1;
    }
    return true;
}
