/* SPDX-License-Identifier: MIT */
#include "query/scan.h"

#include <stdio.h>

#include "base/parse.h"
#include "query/grammar.h"

/* What an error shows of a long value. */
#define SHOWN_MAX 80

bool scan_fail(struct scan *s, const char *expected)
{
    int shown = (int)(s->text.len > SHOWN_MAX ? SHOWN_MAX : s->text.len);

    error_set(s->error, ERROR_SYNTAX,
              "\"failed to parse %.*s parameter (%.*s)\" (line 1, column %zu)", SLICE_ARG(s->name),
              shown, s->text.data ? s->text.data : "", s->at + 1);
    if (s->at < s->text.len)
        error_details(s->error, "unexpected \"%c\" expecting %s", s->text.data[s->at], expected);
    else
        error_details(s->error, "unexpected end of input expecting %s", expected);
    return false;
}

bool scan_unsupported(struct scan *s, const char *what, const char *hint)
{
    error_set(s->error, ERROR_UNSUPPORTED, "%s in the parameter \"%.*s\": not supported", what,
              SLICE_ARG(s->name));
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
    size_t len = strlen(word);

    if (s->text.len - s->at < len || memcmp(s->text.data + s->at, word, len) != 0)
        return false;
    s->at += len;
    return true;
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

static bool quoted(struct scan *s, struct slice *out)
{
    char *to = arena_alloc(s->arena, s->text.len - s->at);
    size_t n = 0;

    if (!to)
        return error_set(s->error, ERROR_MEMORY, "out of memory");
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

bool scan_word(struct scan *s, const char *stops, struct slice *out)
{
    size_t start = s->at;

    if (scan_take(s, '"'))
        return quoted(s, out);
    while (s->at < s->text.len && (!s->text.data[s->at] || !strchr(stops, s->text.data[s->at])))
        s->at++;
    *out = slice_make(s->text.data + start, s->at - start);
    return true;
}

void *scan_node(struct scan *s, size_t size)
{
    void *node;

    if (++s->nodes > GRAMMAR_NODES_MAX) {
        error_set(s->error, ERROR_SYNTAX, "the query string has more than %d parts",
                  GRAMMAR_NODES_MAX);
        return NULL;
    }
    node = arena_zeroed(s->arena, 1, size);
    if (!node)
        error_set(s->error, ERROR_MEMORY, "out of memory");
    return node;
}

/* A column's name in select or order; what follows it belongs to later productions. */
static bool column_name(struct scan *s, const char *stops, struct slice *out)
{
    if (!scan_word(s, stops, out))
        return false;
    return out->len > 0 || scan_fail(s, "a column name");
}

/* What PostgREST has after a name and this grammar has not. */
static bool refuse_extensions(struct scan *s)
{
    if (scan_take_word(s, "->"))
        return scan_unsupported(s, "a JSON path", "Select the whole column.");
    if (scan_take_word(s, "::"))
        return scan_unsupported(s, "a cast", "Select the column as it is.");
    if (scan_peek(s) == '(' || scan_peek(s) == '!')
        return scan_unsupported(s, "an embedded resource or aggregate",
                                "Ask for the related resource with a request of its own.");
    return true;
}

static bool select_item(struct scan *s, struct select_item *item)
{
    if (scan_take(s, '*')) {
        item->star = true;
        return true;
    }
    if (scan_take_word(s, "..."))
        return scan_unsupported(s, "a spread", "Select the columns by name.");
    if (!column_name(s, ",:(!-", &item->column))
        return false;
    if (scan_peek(s) == '-' && !scan_take_word(s, "->")) { /* a '-' within a name */
        struct slice rest;

        if (!scan_word(s, ",:(!", &rest))
            return false;
        item->column.len = (size_t)(rest.data + rest.len - item->column.data);
    } else if (s->at >= 2 && s->text.data[s->at - 1] == '>') {
        s->at -= 2;
        return refuse_extensions(s);
    }
    if (scan_peek(s) == ':' && s->at + 1 < s->text.len && s->text.data[s->at + 1] != ':') {
        s->at++;
        item->alias = item->column;
        if (!column_name(s, ",(!:", &item->column))
            return false;
    }
    return refuse_extensions(s);
}

bool scan_select(struct scan *s, struct query_tree *tree)
{
    struct select_item **tail = &tree->select;

    *tail = NULL; /* a repeated parameter: the last counts */
    if (s->text.len == 0)
        return true;
    do {
        struct select_item *item = scan_node(s, sizeof *item);

        if (!item || !select_item(s, item))
            return false;
        *tail = item;
        tail = &item->next;
    } while (scan_take(s, ','));
    return true;
}

static bool order_term(struct scan *s, struct order_term *term)
{
    if (!column_name(s, ",.(-", &term->column))
        return false;
    if (scan_peek(s) == '-' || scan_peek(s) == '(')
        return scan_unsupported(s, "an expression", "Order by columns of the resource.");
    if (scan_take_word(s, ".desc"))
        term->descending = true;
    else
        (void)scan_take_word(s, ".asc");
    if (scan_take_word(s, ".nullsfirst"))
        term->nulls = NULLS_FIRST;
    else if (scan_take_word(s, ".nullslast"))
        term->nulls = NULLS_LAST;
    return scan_peek(s) == ',' || s->at == s->text.len ||
           scan_fail(s, "\".asc\", \".desc\", \".nullsfirst\", \".nullslast\" or \",\"");
}

bool scan_order(struct scan *s, struct query_tree *tree)
{
    struct order_term **tail = &tree->order;

    *tail = NULL;
    do {
        struct order_term *term = scan_node(s, sizeof *term);

        if (!term || !order_term(s, term))
            return false;
        *tail = term;
        tail = &term->next;
    } while (scan_take(s, ','));
    return true;
}
