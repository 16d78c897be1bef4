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

    if (level->clause != CLAUSE_FROM)
        return false;
    if (is_any(r->last, words))
        return true;
    return token_is_char(r->last, ',') || token_is_char(r->last, '(');
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
    struct level level = {.rows = false, .clause = CLAUSE_COLUMNS};
    bool of_from = expects_source(r, outer);

    if (r->depth == 0 && outer->clause == CLAUSE_FROM)
        r->plain = false;
    if (of_from)
        level.clause = CLAUSE_FROM;
    if (of_from || is_any(r->last, with))
        level.rows = outer->rows;
    r->depth++;
    if (r->depth < LEVELS_MAX)
        r->levels[r->depth] = level;
}

/* IS DISTINCT FROM is a comparison. */
static bool is_from_clause(const struct reading *r, struct token t)
{
    return token_is(t, "FROM") && !token_is(r->last, "DISTINCT");
}

/* The words that say how a SELECT's rows come to be. */
static void take_word_token(struct reading *r, struct level *level, struct token t)
{
    static const char *const compounds[] = {"UNION", "INTERSECT", "EXCEPT", NULL};
    static const char *const ends[] = {"WHERE", "GROUP",  "HAVING", "ORDER",
                                       "LIMIT", "WINDOW", NULL};
    static const char *const folds[] = {"DISTINCT", "JOIN",  "GROUP",     "HAVING", "WITH",
                                        "VALUES",   "UNION", "INTERSECT", "EXCEPT", NULL};

    if (r->depth == 0 && is_any(t, folds))
        r->plain = false;
    if (is_any(t, compounds))
        r->shape->compound |= level->rows;
    else if (token_is(t, "SELECT"))
        level->clause = CLAUSE_COLUMNS;
    else if (is_from_clause(r, t))
        level->clause = CLAUSE_FROM;
    else if (is_any(t, ends))
        level->clause = CLAUSE_AFTER;
}

/* The names that a source at this level is one of; NULL: it says nothing of the view. */
static struct view_names *names_of(struct reading *r, const struct level *level)
{
    if (level->rows)
        return &r->shape->rows;
    if (r->levels[0].clause == CLAUSE_COLUMNS)
        return &r->shape->values;
    return NULL;
}

static void take_name_token(struct reading *r, struct level *level, struct token t)
{
    static const char *const selects[] = {"SELECT", "VALUES", "WITH", NULL};
    struct view_names *names = names_of(r, level);
    bool after_schema = r->after_source && token_is_char(r->last, '.');
    bool is_place = after_schema || expects_source(r, level);
    bool is_source = names && is_place && !is_any(t, selects);

    if (is_source) {
        r->after_source = after_schema;
        take_source(r, names, t.text);
    } else if (t.kind == TOKEN_WORD) {
        take_word_token(r, level, t);
    }
    r->after_source = is_source;
}

static void take_sign(struct reading *r, struct token t)
{
    bool in_outermost_from = r->depth == 0 && r->levels[0].clause == CLAUSE_FROM;

    if (token_is_char(t, ',') && in_outermost_from)
        r->plain = false;
    if (!token_is_char(t, '.'))
        r->after_source = false;
}

static void take_token(struct reading *r, struct token t)
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
        take_sign(r, t);
    } else {
        take_name_token(r, &r->levels[r->depth], t);
    }
    r->last = t;
}

/* Goes past CREATE VIEW … AS. */
static void skip_head(struct lexer *x)
{
    struct lexer start = *x;
    struct token t = lexer_next(x);
    int depth = 0;

    if (!token_is(t, "CREATE")) {
        *x = start;
        return;
    }
    for (; t.kind != TOKEN_END; t = lexer_next(x)) {
        if (depth == 0 && token_is(t, "AS"))
            return;
        depth += token_is_char(t, '(') - token_is_char(t, ')');
    }
}

struct view_shape view_shape_read(struct slice sql)
{
    struct view_shape shape = {.compound = false};
    struct reading r = {.shape = &shape, .levels = {{true, CLAUSE_COLUMNS}}, .plain = true};
    struct lexer x = {.sql = sql};

    skip_head(&x);
    for (struct token t = lexer_next(&x); t.kind != TOKEN_END; t = lexer_next(&x))
        take_token(&r, t);
    shape.one_source = r.plain && r.names == 1 && !shape.compound;
    return shape;
}
