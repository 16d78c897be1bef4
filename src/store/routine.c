/* SPDX-License-Identifier: MIT */
#include "store/routine.h"

#include "base/buf.h"
#include "base/text.h"
#include "store/lexer.h"

#define ABOUT_MAX 8192

/* More than these in one query is a mistake. */
#define PARAMS_MAX 100
#define PIECES_MAX 1000
#define PARTS_MAX  100

struct parser {
    struct arena *arena;
    struct error *error;
    const char *name;
    struct routine_param params[PARAMS_MAX];
    bool used[PARAMS_MAX];
    size_t n_params;
    struct routine_piece pieces[PIECES_MAX];
    size_t n_pieces;
    struct routine_part parts[PARTS_MAX];
    size_t n_parts;
    struct buf about;
};

static bool fail(struct parser *p, const char *what, struct slice near)
{
    return error_set(p->error, ERROR_FAILURE, "the query %s: %s: %.*s", p->name, what,
                     (int)(near.len > 60 ? 60 : near.len), near.data ? near.data : "");
}

/* A parameter's column; it is never part of a statement by name. */
static bool add_param(struct parser *p, struct slice name, struct slice type)
{
    struct routine_param *param = &p->params[p->n_params];
    char *upper = arena_copy(p->arena, type);

    if (p->n_params == PARAMS_MAX)
        return fail(p, "too many parameters", name);
    *param = (struct routine_param){.column = {.quoted = ""}};
    param->column.name = slice_make(arena_copy(p->arena, name), name.len);
    if (!param->column.name.data || !upper)
        return error_set(p->error, ERROR_MEMORY, "out of memory");
    for (size_t i = 0; i < type.len; i++)
        upper[i] = (char)(upper[i] >= 'a' && upper[i] <= 'z' ? upper[i] - 32 : upper[i]);
    param->column.type = upper;
    param->column.kind = catalog_kind(upper);
    p->n_params++;
    return true;
}

static int find_param(const struct parser *p, struct slice name)
{
    for (size_t i = 0; i < p->n_params; i++) {
        if (slice_equal(p->params[i].column.name, name))
            return (int)i;
    }
    return -1;
}

static struct slice skip(struct slice s, size_t n)
{
    return text_trim(slice_make(s.data + n, s.len - n));
}

/* A string literal stands for its text; other words stand for themselves. */
static struct slice unquote(struct slice s)
{
    bool quoted = s.len >= 2 && s.data[0] == '\'' && s.data[s.len - 1] == '\'';

    return quoted ? slice_make(s.data + 1, s.len - 2) : s;
}

/* ":name type = default", without its colon */
static bool declare(struct parser *p, struct slice line)
{
    const char *equal = line.len ? memchr(line.data, '=', line.len) : NULL;
    struct slice left = slice_make(line.data, equal ? (size_t)(equal - line.data) : line.len);
    size_t n = 0;

    left = text_trim(left);
    while (n < left.len && left.data[n] != ' ' && left.data[n] != '\t')
        n++;
    if (n == 0 || find_param(p, slice_make(left.data, n)) >= 0)
        return fail(p, n ? "declared twice" : "a parameter needs a name", line);
    if (!add_param(p, slice_make(left.data, n), skip(left, n)))
        return false;
    if (equal) {
        struct routine_param *param = &p->params[p->n_params - 1];
        struct slice text = skip(line, (size_t)(equal - line.data) + 1);

        param->optional = true;
        param->default_null = text_equal_nocase(text, slice_from("null"));
        param->fallback = unquote(text);
    }
    return true;
}

static bool starts_with(struct slice s, const char *word)
{
    size_t len = strlen(word);

    return s.len >= len && text_equal_nocase(slice_make(s.data, len), slice_make(word, len));
}

static bool take_returns(struct parser *p, struct slice what, struct routine_source *out)
{
    static const char *const words[] = {
        [RETURNS_MANY] = "many", [RETURNS_ONE] = "one", [RETURNS_SCALAR] = "scalar"};

    for (int i = 0; i < 3; i++) {
        if (text_equal_nocase(what, slice_from(words[i]))) {
            out->returns = (enum routine_returns)i;
            return true;
        }
    }
    return fail(p, "it returns one, many or scalar, not", what);
}

static bool comment_line(struct parser *p, struct slice line, struct routine_source *out)
{
    if (text_equal_nocase(line, slice_from("write"))) {
        out->writes = true;
        return true;
    }
    if (starts_with(line, "returns ") && !memchr(line.data + 8, ' ', line.len - 8))
        return take_returns(p, skip(line, 8), out);
    if (starts_with(line, ":"))
        return declare(p, slice_make(line.data + 1, line.len - 1));
    if (p->about.len)
        buf_add_char(&p->about, '\n');
    buf_add_slice(&p->about, line);
    return true;
}

/* The comment lines at the top; *at is where the SQL begins. */
static bool header(struct parser *p, struct slice sql, struct routine_source *out, size_t *at)
{
    while (*at < sql.len) {
        const char *start = sql.data + *at, *end = memchr(start, '\n', sql.len - *at);
        struct slice line = slice_make(start, end ? (size_t)(end - start) : sql.len - *at);
        size_t next = *at + line.len + (end != NULL);

        if (line.len && line.data[line.len - 1] == '\r')
            line.len--;
        line = text_trim(line);
        if (line.len > 0 && !starts_with(line, "--"))
            break;
        if (line.len > 0 && !comment_line(p, skip(line, 2), out))
            return false;
        *at = next;
    }
    return true;
}

static bool add_piece(struct parser *p, struct slice sql, int param)
{
    if (p->n_pieces == PIECES_MAX)
        return fail(p, "too long", sql);
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
        return fail(p, "too many statements", p->pieces[*first].sql);
    memcpy(copy, p->pieces + *first, n * sizeof *copy);
    p->parts[p->n_parts++] = (struct routine_part){copy, n};
    *first = p->n_pieces;
    return true;
}

/* The parameter after a colon, declared or not. */
static bool parameter(struct parser *p, struct token name, int *out)
{
    *out = find_param(p, name.text);
    if (*out < 0) {
        if (!add_param(p, name.text, (struct slice){NULL, 0}))
            return false;
        *out = (int)p->n_params - 1;
    }
    p->used[*out] = true;
    return true;
}

static bool statements(struct parser *p, struct slice sql)
{
    struct lexer x = {.sql = sql};
    size_t from = 0, first = 0;
    bool empty = true;

    for (struct token t = lexer_next(&x);; t = lexer_next(&x)) {
        bool ends = t.kind == TOKEN_END || token_is_char(t, ';');

        if (token_is_char(t, '?') || token_is_char(t, '@') ||
            (t.kind == TOKEN_WORD && t.text.data[0] == '$'))
            return fail(p, "parameters are written :name, not", t.text);
        if (token_is_char(t, ':')) {
            struct token name = lexer_next(&x);
            int param;

            if (name.kind != TOKEN_WORD || name.start != t.end)
                return fail(p, "a name belongs after", t.text);
            if (!parameter(p, name, &param) ||
                !add_piece(p, slice_make(sql.data + from, t.start - from), param))
                return false;
            from = name.end;
        } else if (ends && !empty) {
            if (!add_piece(p, slice_make(sql.data + from, t.start - from), -1) ||
                !end_part(p, &first))
                return false;
        }
        empty = ends;
        if (ends)
            from = t.end;
        if (t.kind == TOKEN_END)
            return true;
    }
}

static bool check(struct parser *p, const struct routine_source *out, struct slice sql)
{
    const struct slice none = {NULL, 0};

    if (p->n_parts == 0)
        return fail(p, "it holds no statement", none);
    if (!out->writes && p->n_parts > 1)
        return fail(p, "a query of several statements must say -- write", sql);
    for (size_t i = 0; i < p->n_params; i++) {
        if (!p->used[i])
            return fail(p, "a declared parameter is not used", p->params[i].column.name);
    }
    return true;
}

static bool parse(struct parser *p, struct slice sql, struct routine_source *out)
{
    struct routine_param *params;
    struct routine_part *parts;
    size_t at = 0;
    char *about;

    if (!header(p, sql, out, &at))
        return false;
    sql = slice_make(sql.data + at, sql.len - at);
    if (!statements(p, sql) || !check(p, out, sql))
        return false;
    params = arena_alloc(p->arena, (p->n_params + 1) * sizeof *params);
    parts = arena_alloc(p->arena, p->n_parts * sizeof *parts);
    about = arena_copy(p->arena, buf_slice(&p->about));
    if (!params || !parts || !about)
        return error_set(p->error, ERROR_MEMORY, "out of memory");
    memcpy(params, p->params, p->n_params * sizeof *params);
    memcpy(parts, p->parts, p->n_parts * sizeof *parts);
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

    *out = (struct routine_source){.name = slice_from(name)};
    if (!p)
        return error_set(e, ERROR_MEMORY, "out of memory");
    p->arena = arena;
    p->error = e;
    p->name = name;
    buf_init(&p->about, ABOUT_MAX);
    ok = parse(p, sql, out);
    buf_finish(&p->about);
    return ok;
}
