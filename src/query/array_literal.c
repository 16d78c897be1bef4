/* SPDX-License-Identifier: MIT */
#include "query/array_literal.h"

#include "base/text.h"

struct reader {
    struct slice text;
    size_t at;
    char *to; /* room for all members, none of which is longer than its text */
};

static char peek(const struct reader *r)
{
    if (r->at < r->text.len)
        return r->text.data[r->at];
    return '\0';
}

static bool take_byte(struct reader *r, char wanted)
{
    if (r->at == r->text.len || r->text.data[r->at] != wanted)
        return false;
    r->at++;
    return true;
}

static void blanks(struct reader *r)
{
    while (peek(r) == ' ' || peek(r) == '\t')
        r->at++;
}

/* A backslash takes the next character as it is, within quotes and without. */
static struct slice read_member(struct reader *r, bool in_quotes)
{
    const struct slice ends = slice_from(in_quotes ? "\"" : ",{}\"");
    const char *start = r->to;

    while (r->at < r->text.len && !slice_has(ends, peek(r))) {
        if (peek(r) == '\\' && r->at + 1 < r->text.len)
            r->at++;
        *r->to++ = r->text.data[r->at++];
    }
    return slice_make(start, (size_t)(r->to - start));
}

static bool stopped(struct array_literal *out, const struct reader *r, const char *expected)
{
    out->at = r->at;
    out->expected = expected;
    return false;
}

static bool read_members(struct reader *r, struct array_literal *out)
{
    do {
        struct slice item;
        bool in_quotes;

        blanks(r);
        in_quotes = take_byte(r, '"');
        item = read_member(r, in_quotes);
        if (in_quotes && !take_byte(r, '"'))
            return stopped(out, r, "'\"'");
        if (!in_quotes)
            item = text_trim(item);
        if (!in_quotes && item.len == 0)
            return stopped(out, r, "a value");
        blanks(r);
        if (!in_quotes && text_equal_nocase(item, slice_from("null")))
            item = slice_make(NULL, 0);
        out->items[out->n++] = item;
    } while (take_byte(r, ','));
    return true;
}

bool array_literal_read(struct arena *arena, struct slice text, struct array_literal *out,
                        struct error *e)
{
    struct reader r = {.text = text, .to = arena_alloc(arena, text.len + 1)};
    size_t most = 1;

    *out = (struct array_literal){.expected = ""};
    for (size_t i = 0; i < text.len; i++)
        most += text.data[i] == ',';
    out->items = arena_alloc(arena, most * sizeof *out->items);
    if (!out->items || !r.to)
        return error_set(e, ERROR_MEMORY, "out of memory");
    blanks(&r);
    if (!take_byte(&r, '{'))
        return stopped(out, &r, "\"{\"");
    blanks(&r);
    if (peek(&r) != '}' && !read_members(&r, out))
        return false;
    if (!take_byte(&r, '}'))
        return stopped(out, &r, "\",\" or \"}\"");
    blanks(&r);
    if (r.at == r.text.len)
        return true;
    return stopped(out, &r, "end of input");
}

void array_literal_drop_nulls(struct array_literal *array)
{
    size_t n = 0;

    for (size_t i = 0; i < array->n; i++) {
        if (array->items[i].data)
            array->items[n++] = array->items[i];
    }
    array->n = n;
}
