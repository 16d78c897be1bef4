/*
 * Expressions within access files, taken as text, and the lists that grow.
 *
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "store/access/access_parser.h"

/* What an expression may be as text: SQLite's own limit is on the whole statement. */
#define EXPRESSION_MAX ((size_t)64 << 10)

/* True where the expression ends: at what belongs to the text around it. */
static bool ends_here(const struct access_parser *p, int depth)
{
    if (depth > 0)
        return false;
    return token_is_char(p->token, ')') || token_is_char(p->token, ',');
}

/* ?, :name, @name, $name (sqlite.org/lang_expr.html#varparam) */
static bool is_parameter(const struct access_parser *p)
{
    static const struct slice begin = SLICE_LITERAL("?:@#$");

    return p->token.kind != TOKEN_QUOTED && slice_has(begin, p->token.text.data[0]);
}

/* Past the expression; *end is where its last token ended: a comment after it is left out, which would
 * hide what is put behind it. */
static bool skip_expression(struct access_parser *p, size_t *end)
{
    int depth = 0;

    while (!ends_here(p, depth)) {
        if (access_at_end(p)) /* a semicolon, too: one expression is no statement */
            return access_fail_expected(p, "the closing parenthesis of an expression");
        if (is_parameter(p))
            return access_fail(p, access_here(p),
                               "there are no parameters here: claim('sub'), role()");
        depth += token_is_char(p->token, '(') - token_is_char(p->token, ')');
        *end = p->token.end;
        if (!access_advance(p))
            return false;
    }
    return true;
}

bool access_read_expression(struct access_parser *p, const char **text, struct access_place *place)
{
    size_t start = p->token.start, end = start;

    *place = access_here(p);
    if (!skip_expression(p, &end))
        return false;
    if (end == start)
        return access_fail_expected(p, "an expression");
    if (end - start > EXPRESSION_MAX)
        return access_fail(p, *place, "an expression of more than %zu bytes", EXPRESSION_MAX);
    *text = arena_copy(&p->access->arena, slice_make(p->lexer.sql.data + start, end - start));
    return *text || access_fail_memory(p);
}

/* Twice the room; false without memory. */
static bool grow(struct access_parser *p, struct access_list *list, size_t size)
{
    size_t room = list->room > 0 ? 2 * list->room : 16;
    void *items = arena_zeroed(&p->access->arena, room, size);

    if (!items)
        return access_fail_memory(p);
    if (list->n > 0)
        memcpy(items, list->items, list->n * size);
    list->items = items;
    list->room = room;
    return true;
}

void *access_add(struct access_parser *p, struct access_list *list, size_t size, size_t max)
{
    if (list->n == max) {
        access_fail(p, access_here(p), "more than %zu of these", max);
        return NULL;
    }
    if (list->n == list->room && !grow(p, list, size))
        return NULL;
    return (char *)list->items + list->n++ * size;
}
