/*
 * The result columns of a SELECT, each with what its expression says of its type.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/text.h"
#include "store/catalog/expression_outline.h"
#include "store/catalog/expression_type.h"
#include "store/catalog/lexer.h"

/* Where the select list is read. */
struct list {
    struct lexer x;
    struct slice *types;
    size_t n;    /* columns of the statement */
    size_t seen; /* of this arm */
    size_t after_star;
    bool star; /* its columns are not counted: those after it are, from the end */
    bool first_arm;
    int depth;
};

static bool ends_list(struct token t)
{
    static const char *const words[] = {"FROM",  "WHERE", "GROUP",     "HAVING", "WINDOW",
                                        "ORDER", "LIMIT", "INTERSECT", "EXCEPT", "UNION"};

    if (t.kind == TOKEN_END || token_is_char(t, ';'))
        return true;
    return token_is_any(t, words, sizeof words / sizeof *words);
}

static bool is_compound(struct token t)
{
    static const char *const words[] = {"UNION", "INTERSECT", "EXCEPT"};

    return token_is_any(t, words, sizeof words / sizeof *words);
}

/* Arms of a compound must agree. */
static void put_type(struct list *l, size_t place, struct slice type)
{
    struct slice *out = &l->types[place];

    if (place >= l->n)
        return;
    if (l->first_arm || expression_fits_any(*out))
        *out = type;
    else if (!expression_fits_any(type) && !slice_equal(*out, type))
        *out = slice_make(NULL, 0);
}

/* "*" or "t.*" */
static bool is_star(struct slice item)
{
    return item.len > 0 && item.data[item.len - 1] == '*';
}

/* The nth item; after a star its place is known only when the last one is. */
static void add_listed(struct list *l, struct slice item)
{
    struct slice none = {NULL, 0};

    if (is_star(item)) {
        for (size_t i = l->seen; i < l->n; i++)
            put_type(l, i, none);
        l->star = true;
        l->after_star = 0;
        return;
    }
    if (!l->star) {
        put_type(l, l->seen++, expression_type(item, l->depth));
        return;
    }
    /* One more after the star: those before it move one place to the front. */
    l->after_star++;
    if (!l->first_arm || l->after_star + l->seen > l->n)
        return;
    for (size_t i = l->n - l->after_star; i + 1 < l->n; i++)
        l->types[i] = l->types[i + 1];
    l->types[l->n - 1] = expression_type(item, l->depth);
}

/* The items up to the list's end; what ended it. */
static struct token read_list(struct list *l)
{
    struct token t = lexer_next(&l->x), before = {.kind = TOKEN_END};
    size_t from;
    int level = 0;

    if (token_is(t, "DISTINCT") || token_is(t, "ALL"))
        t = lexer_next(&l->x);
    from = t.start;
    for (;; before = t, t = lexer_next(&l->x)) {
        bool is_distinct_from = token_is(t, "FROM") && token_is(before, "DISTINCT");
        bool is_end = level <= 0 && ends_list(t) && !is_distinct_from;
        bool is_comma = level == 0 && token_is_char(t, ',');

        if (is_end || is_comma) {
            add_listed(l, text_trim(slice_make(l->x.sql.data + from, t.start - from)));
            from = t.end;
        }
        if (is_end || t.kind == TOKEN_END)
            return t;
        level += expression_depth_change(t);
    }
}

/* Goes to after the next token that is `wanted` at the statement's own level; false at the end. */
static bool find_token(struct list *l, bool (*wanted)(struct token t), struct token *found)
{
    int level = 0;

    for (struct token t = lexer_next(&l->x); t.kind != TOKEN_END; t = lexer_next(&l->x)) {
        *found = t;
        if (level == 0 && wanted(t))
            return true;
        level += token_is_char(t, '(');
        level -= token_is_char(t, ')');
    }
    return false;
}

static bool is_returning(struct token t)
{
    return token_is(t, "RETURNING");
}

static bool is_select(struct token t)
{
    return token_is(t, "SELECT");
}

/* The list that the statement answers with: of RETURNING, else of its first SELECT. */
static bool find_first_list(struct list *l)
{
    struct token t;

    if (find_token(l, is_returning, &t))
        return true;
    l->x.at = 0;
    return find_token(l, is_select, &t);
}

/* The list of the compound's next arm; `end` ended the one before. */
static bool find_next_list(struct list *l, struct token end)
{
    if (!is_compound(end) && !find_token(l, is_compound, &end))
        return false;
    return find_token(l, is_select, &end);
}

void select_types(struct slice sql, struct slice *types, size_t n, int depth)
{
    struct list l = {.x = {.sql = sql}, .types = types, .n = n, .first_arm = true, .depth = depth};
    bool more;

    for (size_t i = 0; i < n; i++)
        types[i] = slice_make(NULL, 0);
    if (depth > EXPRESSION_DEPTH_MAX)
        return;
    more = find_first_list(&l);
    while (more) {
        struct token end;

        l.seen = l.after_star = 0;
        l.star = false;
        end = read_list(&l);
        l.first_arm = false;
        more = find_next_list(&l, end);
    }
    for (size_t i = 0; i < n; i++) {
        if (expression_fits_any(types[i]))
            types[i] = slice_make(NULL, 0);
    }
}
