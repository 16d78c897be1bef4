/* SPDX-License-Identifier: MIT */
#include "query/scan.h"

#include <stdio.h>

#include "base/parse.h"
#include "base/text.h"
#include "query/grammar.h"

/*
 * The character at which reading stopped, all its bytes; none at the end. A NUL would end the text of
 * the error.
 */
static struct slice unexpected(const struct scan *s)
{
    size_t end = s->at + 1;

    if (s->at >= s->text.len)
        return slice_make("", 0);
    if (s->text.data[s->at] == '\0')
        return (struct slice)SLICE_LITERAL("\\NUL");
    while (end < s->text.len && ((unsigned char)s->text.data[end] & 0xc0) == 0x80)
        end++;
    return slice_make(s->text.data + s->at, end - s->at);
}

bool scan_fail(struct scan *s, const char *expected)
{
    struct slice found = unexpected(s);

    error_set(s->error, ERROR_SYNTAX, "\"failed to parse %s (%.*s)\" (line 1, column %zu)", s->what,
              SLICE_SHOWN(s->text), s->before + s->at + 1);
    if (found.len > 0)
        error_details(s->error, "unexpected \"%.*s\" expecting %s", SLICE_ARG(found), expected);
    else
        error_details(s->error, "unexpected end of input expecting %s", expected);
    return false;
}

bool scan_unsupported(struct scan *s, const char *what, const char *hint)
{
    error_set(s->error, ERROR_UNSUPPORTED, "%s is not supported", what);
    return error_hint(s->error, "%s", hint);
}

char scan_peek(const struct scan *s)
{
    if (s->at < s->text.len)
        return s->text.data[s->at];
    return '\0';
}

bool scan_take(struct scan *s, char wanted)
{
    if (s->at == s->text.len || s->text.data[s->at] != wanted)
        return false;
    s->at++;
    return true;
}

bool scan_take_word(struct scan *s, const char *word)
{
    const struct slice wanted = slice_from(word);

    if (s->text.len - s->at < wanted.len)
        return false;
    if (memcmp(s->text.data + s->at, wanted.data, wanted.len) != 0)
        return false;
    s->at += wanted.len;
    return true;
}

void scan_spaces(struct scan *s)
{
    while (scan_peek(s) == ' ' || scan_peek(s) == '\t')
        s->at++;
}

struct slice scan_rest(struct scan *s)
{
    struct slice rest = slice_make(s->text.data + s->at, s->text.len - s->at);

    s->at = s->text.len;
    return rest;
}

bool scan_end(struct scan *s)
{
    if (s->at == s->text.len)
        return true;
    return scan_fail(s, "end of input");
}

bool scan_integer(struct scan *s, int64_t *out)
{
    struct slice rest = slice_make(s->text.data + s->at, s->text.len - s->at);

    if (!parse_int64(text_trim(rest), out))
        return scan_fail(s, "a whole number");
    s->at = s->text.len;
    return true;
}

/* The place of the quote that closes the one at the scan's place, or one past the text. */
static size_t closing_quote(const struct scan *s)
{
    size_t end = s->at + 1;

    while (end < s->text.len && s->text.data[end] != '"') {
        if (s->text.data[end] == '\\')
            end++;
        end++;
    }
    return end;
}

/* False without memory only; *closed: it has its second quote. */
static bool scan_quotes(struct scan *s, struct slice *out, bool *closed)
{
    char *to = arena_alloc(s->arena, closing_quote(s) - s->at);
    size_t n = 0;

    if (!to)
        return error_set(s->error, ERROR_MEMORY, "out of memory");
    s->at++;
    while (s->at < s->text.len && scan_peek(s) != '"') {
        if (scan_peek(s) == '\\' && s->at + 1 < s->text.len)
            s->at++;
        to[n++] = s->text.data[s->at++];
    }
    *closed = scan_take(s, '"');
    *out = slice_make(to, n);
    return true;
}

bool scan_quoted(struct scan *s, struct slice *out)
{
    bool closed;

    if (!scan_quotes(s, out, &closed))
        return false;
    if (closed)
        return true;
    return scan_fail(s, "'\"'");
}

/* The text ends here, or one of the stops comes. */
static bool is_at_stop(const struct scan *s, struct slice stops)
{
    return s->at == s->text.len || slice_has(stops, s->text.data[s->at]);
}

/* As PostgREST reads it: a quote that does not end the word is a character like another. */
bool scan_word(struct scan *s, const char *stops, struct slice *out)
{
    const struct slice ends = slice_from(stops);
    size_t start = s->at;
    bool closed;

    if (scan_peek(s) == '"') {
        if (!scan_quotes(s, out, &closed))
            return false;
        if (closed && is_at_stop(s, ends))
            return true;
        s->at = start;
    }
    while (!is_at_stop(s, ends))
        s->at++;
    *out = slice_make(s->text.data + start, s->at - start);
    return true;
}

/* Past the limit: what there is too much of, and the setting that allows more. */
static bool too_much(struct scan *s, const char *before, int64_t limit, const char *after,
                     const char *setting)
{
    error_set(s->error, ERROR_SYNTAX, "%s%lld%s", before, (long long)limit, after);
    return error_hint(s->error, "--%s sets the limit.", setting);
}

bool scan_count(struct scan *s, size_t n)
{
    s->parts += (int64_t)n;
    if (s->parts <= s->limits->parts)
        return true;
    return too_much(s, "the query string has more than ", s->limits->parts, " parts", "max-parts");
}

bool scan_count_conditions(struct scan *s, size_t n)
{
    s->conditions += (int64_t)n;
    if (s->conditions <= s->limits->conditions)
        return true;
    return too_much(s, "the query string has more than ", s->limits->conditions, " conditions",
                    "max-conditions");
}

bool scan_count_embed(struct scan *s)
{
    if (++s->embeds <= s->limits->embeds)
        return true;
    return too_much(s, "more than ", s->limits->embeds, " resources are embedded", "max-embeds");
}

void *scan_node(struct scan *s, size_t size)
{
    void *node;

    if (!scan_count(s, 1))
        return NULL;
    node = arena_zeroed(s->arena, 1, size);
    if (!node)
        error_set(s->error, ERROR_MEMORY, "out of memory");
    return node;
}

bool scan_enter(struct scan *s)
{
    if (++s->depth <= s->limits->nesting)
        return true;
    return too_much(s, "the query is nested more than ", s->limits->nesting, " deep",
                    "max-nesting");
}

void scan_leave(struct scan *s)
{
    s->depth--;
}
