/* SPDX-License-Identifier: MIT */
#include "store/catalog/view_shape.h"

#include <stddef.h>

#include "store/catalog/lexer.h"

/* Parentheses that are looked into; what is deeper says nothing. */
#define LEVELS_MAX 64

enum clause { CLAUSE_COLUMNS, CLAUSE_FROM, CLAUSE_AFTER };

struct level {
    bool rows; /* its SELECT makes rows of the view: it is not in an expression */
    enum clause clause;
};

struct reading {
    struct view_shape *shape;
    struct level levels[LEVELS_MAX];
    size_t depth;
    struct token last; /* before this one */
    bool after_source; /* …was a name in FROM: a dot makes it a schema's */
    size_t names;      /* in the outermost FROM */
    bool plain;        /* nothing there makes one row of several, or several of one */
};

static bool is_any(struct token t, const char *const *words)
{
    for (; *words; words++) {
        if (token_is(t, *words))
            return true;
    }
    return false;
}

/* After FROM, JOIN, a comma or a parenthesis of FROM a name or a SELECT in parentheses comes. */
static bool expects_source(const struct reading *r, const struct level *level)
{
    static const char *const words[] = {"FROM", "JOIN", NULL};

    return level->clause == CLAUSE_FROM &&
           (is_any(r->last, words) || token_is_char(r->last, ',') || token_is_char(r->last, '('));
}

static void take_source(struct reading *r, struct view_names *names, struct slice name)
{
    if (r->after_source) /* the name before the dot was the schema's */
        names->n -= names->n > 0;
    else
        r->names += r->depth == 0;
    if (names->n < VIEW_SOURCES_MAX)
        names->list[names->n++] = name;
    else
        names->more = true;
    if (r->depth == 0)
        r->shape->source = name;
}

static void open_level(struct reading *r)
{
    static const char *const with[] = {"AS", "MATERIALIZED", NULL};
    const struct level *outer = &r->levels[r->depth];
    bool of_from = expects_source(r, outer);
    bool rows = outer->rows && (of_from || is_any(r->last, with));

    if (r->depth == 0 && outer->clause == CLAUSE_FROM)
        r->plain = false;
    r->depth++;
    if (r->depth < LEVELS_MAX)
        r->levels[r->depth] = (struct level){rows, of_from ? CLAUSE_FROM : CLAUSE_COLUMNS};
}

/* The words that say how a SELECT's rows come to be. */
static void take_word(struct reading *r, struct level *level, struct token t)
{
    static const char *const compounds[] = {"UNION", "INTERSECT", "EXCEPT", NULL};
    static const char *const ends[] = {"WHERE", "GROUP",  "HAVING", "ORDER",
                                       "LIMIT", "WINDOW", NULL};
    static const char *const folds[] = {"DISTINCT", "JOIN",   "GROUP", "HAVING",
                                        "WITH",     "VALUES", NULL};
    bool outermost = r->depth == 0;

    if (outermost && (is_any(t, folds) || is_any(t, compounds)))
        r->plain = false;
    if (is_any(t, compounds)) {
        r->shape->compound |= level->rows;
    } else if (token_is(t, "SELECT")) {
        level->clause = CLAUSE_COLUMNS;
    } else if (token_is(t, "FROM") && !token_is(r->last, "DISTINCT")) { /* IS DISTINCT FROM */
        level->clause = CLAUSE_FROM;
    } else if (is_any(t, ends)) {
        level->clause = CLAUSE_AFTER;
    }
}

static void take_name(struct reading *r, struct level *level, struct token t)
{
    static const char *const selects[] = {"SELECT", "VALUES", "WITH", NULL};
    bool in_source = r->after_source && token_is_char(r->last, '.');
    bool of_value = !level->rows && r->levels[0].clause == CLAUSE_COLUMNS;
    bool source =
        (level->rows || of_value) && (in_source || expects_source(r, level)) && !is_any(t, selects);

    if (source) {
        r->after_source = in_source;
        take_source(r, level->rows ? &r->shape->rows : &r->shape->values, t.text);
    } else if (t.kind == TOKEN_WORD) {
        take_word(r, level, t);
    }
    r->after_source = source;
}

static void take(struct reading *r, struct token t)
{
    bool deep = r->depth >= LEVELS_MAX;

    if (token_is_char(t, ')')) {
        r->depth -= r->depth > 0;
        r->after_source = false;
    } else if (deep) {
        r->depth += token_is_char(t, '(');
    } else if (token_is_char(t, '(')) {
        open_level(r);
        r->after_source = false;
    } else if (t.kind == TOKEN_OTHER) {
        if (token_is_char(t, ',') && r->depth == 0 && r->levels[0].clause == CLAUSE_FROM)
            r->plain = false;
        r->after_source = r->after_source && token_is_char(t, '.');
    } else {
        take_name(r, &r->levels[r->depth], t);
    }
    r->last = t;
}

struct view_shape view_shape_read(struct slice sql)
{
    struct view_shape shape = {.compound = false};
    struct reading r = {.shape = &shape, .levels = {{true, CLAUSE_COLUMNS}}, .plain = true};
    struct lexer x = {.sql = sql};
    struct token t = lexer_next(&x);
    int depth = 0;

    if (token_is(t, "CREATE")) {
        while (t.kind != TOKEN_END && !(depth == 0 && token_is(t, "AS"))) {
            depth += token_is_char(t, '(') - token_is_char(t, ')');
            t = lexer_next(&x);
        }
        t = lexer_next(&x);
    }
    for (; t.kind != TOKEN_END; t = lexer_next(&x))
        take(&r, t);
    shape.one_source = r.plain && r.names == 1 && !shape.compound;
    return shape;
}
