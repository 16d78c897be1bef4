/* SPDX-License-Identifier: MIT */
#include "store/catalog/routine.h"

#include "base/buf.h"
#include "base/text.h"
#include "store/catalog/lexer.h"
#include "store/catalog/routine_parser.h"

int routine_find_param(const struct routine_source *source, struct slice name)
{
    for (size_t i = 0; i < source->n_params; i++) {
        if (slice_equal(source->params[i].column.name, name))
            return (int)i;
    }
    return -1;
}

void routine_part_sql(struct buf *b, const struct routine_part *part)
{
    for (size_t i = 0; i < part->n_pieces; i++) {
        buf_add_slice(b, part->pieces[i].sql);
        if (part->pieces[i].param >= 0)
            buf_add_char(b, '?');
    }
}

static bool add_piece(struct parser *p, struct slice sql, int param)
{
    if (p->n_pieces == PIECES_MAX)
        return parser_fail(p, "too long", sql);
    p->pieces[p->n_pieces++] = (struct routine_piece){sql, param};
    return true;
}

/* Copies the pieces since `first` as one statement. */
static bool end_part(struct parser *p, size_t *first)
{
    size_t n = p->n_pieces - *first;
    struct routine_piece *copy = arena_alloc(p->arena, n * sizeof *copy);

    if (!copy)
        return error_set(p->error, ERROR_MEMORY, "out of memory");
    if (p->n_parts == PARTS_MAX)
        return parser_fail(p, "too many statements", p->pieces[*first].sql);
    memcpy(copy, p->pieces + *first, n * sizeof *copy);
    p->parts[p->n_parts++] = (struct routine_part){copy, n};
    *first = p->n_pieces;
    return true;
}

/* The parameter after a colon, declared or not. */
static bool parameter(struct parser *p, struct token name, int *out)
{
    *out = parser_find_param(p, name.text);
    if (*out < 0) {
        if (!parser_add_param(p, name.text, (struct slice){NULL, 0}))
            return false;
        *out = (int)p->n_params - 1;
    }
    p->used[*out] = true;
    return true;
}

/* A sign that other programs begin a parameter with. */
static bool is_foreign_parameter(struct token t)
{
    bool sign = token_is_char(t, '?') || token_is_char(t, '@');

    return sign || (t.kind == TOKEN_WORD && t.text.data[0] == '$');
}

/* ":name" at the lexer's place: its text so far as a piece, and the parameter. */
static bool take_parameter(struct parser *p, struct lexer *x, struct token colon, size_t *from)
{
    struct token name = lexer_next(x);
    int param;

    if (name.kind != TOKEN_WORD || name.start != colon.end)
        return parser_fail(p, "a name belongs after", colon.text);
    if (!parameter(p, name, &param))
        return false;
    if (!add_piece(p, slice_make(x->sql.data + *from, colon.start - *from), param))
        return false;
    *from = name.end;
    return true;
}

static bool statements(struct parser *p, struct slice sql)
{
    struct lexer x = {.sql = sql};
    size_t from = 0, first = 0;
    bool empty = true;

    for (;;) {
        struct token t = lexer_next(&x);
        bool ends = t.kind == TOKEN_END || token_is_char(t, ';');

        if (is_foreign_parameter(t))
            return parser_fail(p, "parameters are written :name, not", t.text);
        if (token_is_char(t, ':')) {
            if (!take_parameter(p, &x, t, &from))
                return false;
        } else if (ends && !empty) {
            if (!add_piece(p, slice_make(sql.data + from, t.start - from), -1))
                return false;
            if (!end_part(p, &first))
                return false;
        }
        empty = ends;
        if (ends)
            from = t.end;
        if (t.kind == TOKEN_END)
            return true;
    }
}

static bool check_routine(struct parser *p, const struct routine_source *out, struct slice sql)
{
    const struct slice none = {NULL, 0};

    if (p->n_parts == 0)
        return parser_fail(p, "it holds no statement", none);
    if (!out->writes && p->n_parts > 1)
        return parser_fail(p, "a query of several statements must say -- write", sql);
    for (size_t i = 0; i < p->n_params; i++) {
        if (!p->used[i])
            return parser_fail(p, "a declared parameter is not used", p->params[i].column.name);
    }
    return true;
}

static bool parse_routine(struct parser *p, struct slice sql, struct routine_source *out)
{
    struct routine_param *params;
    struct routine_part *parts;
    struct routine_type *types;
    size_t at = 0;
    char *about;

    if (!parser_header(p, sql, out, &at))
        return false;
    sql = slice_make(sql.data + at, sql.len - at);
    if (!statements(p, sql))
        return false;
    if (!check_routine(p, out, sql))
        return false;
    params = arena_alloc(p->arena, (p->n_params + 1) * sizeof *params);
    parts = arena_alloc(p->arena, p->n_parts * sizeof *parts);
    types = arena_alloc(p->arena, (p->n_types + 1) * sizeof *types);
    about = arena_copy(p->arena, buf_slice(&p->about));
    if (!params || !parts || !types || !about)
        return error_set(p->error, ERROR_MEMORY, "out of memory");
    memcpy(params, p->params, p->n_params * sizeof *params);
    memcpy(parts, p->parts, p->n_parts * sizeof *parts);
    memcpy(types, p->types, p->n_types * sizeof *types);
    out->types = types;
    out->n_types = p->n_types;
    out->params = params;
    out->n_params = p->n_params;
    out->parts = parts;
    out->n_parts = p->n_parts;
    out->about = slice_make(about, p->about.len);
    return true;
}

bool routine_parse(struct arena *arena, const char *name, struct slice sql,
                   struct routine_source *out, struct error *e)
{
    struct parser *p = arena_zeroed(arena, 1, sizeof *p);
    bool ok;

    *out = (struct routine_source){.name = slice_from(name), .body = -1};
    if (!p)
        return error_set(e, ERROR_MEMORY, "out of memory");
    p->arena = arena;
    p->error = e;
    p->name = name;
    buf_init(&p->about, ABOUT_MAX);
    ok = parse_routine(p, sql, out);
    buf_finish(&p->about);
    buf_finish(&p->returns);
    return ok;
}
