/*
 * The result columns of a SELECT, each with what its expression says of its type.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/text.h"
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

    return t.kind == TOKEN_END || token_is_char(t, ';') ||
           token_is_any(t, words, sizeof words / sizeof *words);
}

static bool is_compound(struct token t)
{
    return token_is(t, "UNION") || token_is(t, "INTERSECT") || token_is(t, "EXCEPT");
}

/* Arms of a compound must agree. */
static void put(struct list *l, size_t place, struct slice type)
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
static void add_item(struct list *l, struct slice item)
{
    struct slice none = {NULL, 0};

    if (is_star(item)) {
        for (size_t i = l->seen; i < l->n; i++)
            put(l, i, none);
        l->star = true;
        l->after_star = 0;
        return;
    }
    if (!l->star) {
        put(l, l->seen++, expression_type(item, l->depth));
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
    int level = 0;

    if (token_is(t, "DISTINCT") || token_is(t, "ALL"))
        t = lexer_next(&l->x);
    size_t from = t.start;
    for (;; before = t, t = lexer_next(&l->x)) {
        bool distinct_from = token_is(t, "FROM") && token_is(before, "DISTINCT");
        bool ends = level <= 0 && ends_list(t) && !distinct_from;

        if (ends || (level == 0 && token_is_char(t, ','))) {
            add_item(l, text_trim(slice_make(l->x.sql.data + from, t.start - from)));
            from = t.end;
        }
        if (ends || t.kind == TOKEN_END)
            return t;
        level += token_is_char(t, '(') || token_is(t, "CASE");
        level -= token_is_char(t, ')') || token_is(t, "END");
    }
}

/* Goes to after the next `word` at the statement's own level, or after another's; false at the end. */
static bool find(struct list *l, const char *word, bool (*also)(struct token t),
                 struct token *found)
{
    int level = 0;

    for (struct token t = lexer_next(&l->x); t.kind != TOKEN_END; t = lexer_next(&l->x)) {
        *found = t;
        if (level == 0 && (token_is(t, word) || (also && also(t))))
            return true;
        level += token_is_char(t, '(');
        level -= token_is_char(t, ')');
    }
    return false;
}

void select_types(struct slice sql, struct slice *types, size_t n, int depth)
{
    struct list l = {.x = {.sql = sql}, .types = types, .n = n, .first_arm = true, .depth = depth};
    struct token t;
    bool more;

    for (size_t i = 0; i < n; i++)
        types[i] = slice_make(NULL, 0);
    if (depth > EXPRESSION_DEPTH_MAX)
        return;
    more = find(&l, "RETURNING", NULL, &t);
    if (!more) {
        l.x.at = 0;
        more = find(&l, "SELECT", NULL, &t);
    }
    while (more) {
        l.seen = l.after_star = 0;
        l.star = false;
        t = read_list(&l);
        l.first_arm = false;
        more =
            (is_compound(t) || find(&l, "UNION", is_compound, &t)) && find(&l, "SELECT", NULL, &t);
    }
    for (size_t i = 0; i < n; i++) {
        if (expression_fits_any(types[i]))
            types[i] = slice_make(NULL, 0);
    }
}
