/* SPDX-License-Identifier: MIT */
#include "query/scan.h"

#include <stdio.h>

#include "base/parse.h"
#include "query/grammar.h"

/* What an error shows of a long value. */
#define SHOWN_MAX 80

/* The character at which reading stopped, all bytes of it; a NUL would end the text of the error. */
static struct slice unexpected(const struct scan *s)
{
    size_t end = s->at + 1;

    if (s->text.data[s->at] == '\0')
        return (struct slice)SLICE_LITERAL("\\NUL");
    while (end < s->text.len && ((unsigned char)s->text.data[end] & 0xc0) == 0x80)
        end++;
    return slice_make(s->text.data + s->at, end - s->at);
}

bool scan_fail(struct scan *s, const char *expected)
{
    int shown = (int)(s->text.len > SHOWN_MAX ? SHOWN_MAX : s->text.len);

    error_set(s->error, ERROR_SYNTAX, "\"failed to parse %s (%.*s)\" (line 1, column %zu)", s->what,
              shown, s->text.data ? s->text.data : "", s->at + 1);
    if (s->at < s->text.len)
        error_details(s->error, "unexpected \"%.*s\" expecting %s", SLICE_ARG(unexpected(s)),
                      expected);
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
    return s->at < s->text.len ? s->text.data[s->at] : '\0';
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

    if (s->text.len - s->at < wanted.len ||
        memcmp(s->text.data + s->at, wanted.data, wanted.len) != 0)
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
    return s->at == s->text.len || scan_fail(s, "end of input");
}

bool scan_whole_number(struct scan *s, int64_t *out)
{
    int64_t value;

    if (!parse_int64(slice_make(s->text.data + s->at, s->text.len - s->at), &value) || value < 0)
        return scan_fail(s, "a whole number from 0");
    *out = value;
    s->at = s->text.len;
    return true;
}

bool scan_quoted(struct scan *s, struct slice *out)
{
    char *to = arena_alloc(s->arena, s->text.len - s->at);
    size_t n = 0;

    if (!to)
        return error_set(s->error, ERROR_MEMORY, "out of memory");
    s->at++;
    while (s->at < s->text.len && scan_peek(s) != '"') {
        if (scan_peek(s) == '\\' && s->at + 1 < s->text.len)
            s->at++;
        to[n++] = s->text.data[s->at++];
    }
    if (!scan_take(s, '"'))
        return scan_fail(s, "'\"'");
    *out = slice_make(to, n);
    return true;
}

/* As PostgREST reads it: a quote that does not end the word is a character like another. */
bool scan_word(struct scan *s, const char *stops, struct slice *out)
{
    const struct slice ends = slice_from(stops);
    size_t start = s->at;

    if (scan_peek(s) == '"') {
        if (!scan_quoted(s, out))
            return false;
        if (s->at == s->text.len || slice_has(ends, scan_peek(s)))
            return true;
        s->at = start;
    }
    while (s->at < s->text.len && !slice_has(ends, s->text.data[s->at]))
        s->at++;
    *out = slice_make(s->text.data + start, s->at - start);
    return true;
}

bool scan_count(struct scan *s)
{
    return ++s->nodes <= GRAMMAR_NODES_MAX ||
           error_set(s->error, ERROR_SYNTAX, "the query string has more than %d parts",
                     GRAMMAR_NODES_MAX);
}

void *scan_node(struct scan *s, size_t size)
{
    void *node;

    if (!scan_count(s))
        return NULL;
    node = arena_zeroed(s->arena, 1, size);
    if (!node)
        error_set(s->error, ERROR_MEMORY, "out of memory");
    return node;
}

bool scan_enter(struct scan *s)
{
    return ++s->depth <= GRAMMAR_DEPTH_MAX ||
           error_set(s->error, ERROR_SYNTAX, "the query is nested more than %d deep",
                     GRAMMAR_DEPTH_MAX);
}

void scan_leave(struct scan *s)
{
    s->depth--;
}
