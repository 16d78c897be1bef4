/*
 * What a named query says that it returns.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/text.h"
#include "store/catalog/routine_parser.h"

/* The next word of a line, or the next name in double quotes, without them. */
static struct slice take_word(struct slice *rest)
{
    bool quoted = rest->len > 0 && rest->data[0] == '"';
    size_t from = quoted ? 1 : 0, end = from;
    struct slice word;

    while (end < rest->len && (quoted ? rest->data[end] != '"' : !strchr(" \t(,", rest->data[end])))
        end++;
    word = slice_make(rest->data + from, end - from);
    end += quoted && end < rest->len;
    *rest = text_trim(slice_make(rest->data + end, rest->len - end));
    return word;
}

static bool add_type(struct parser *p, struct slice name, struct slice type)
{
    struct routine_type *t = &p->types[p->n_types];
    char *copy;

    if (p->n_types == TYPES_MAX)
        return parser_fail(p, "too many columns", name);
    for (size_t i = 0; i < p->n_types; i++) {
        if (slice_equal(p->types[i].name, name))
            return parser_fail(p, "a column is declared twice", name);
    }
    copy = arena_copy(p->arena, name);
    t->type = parser_type(p, type);
    if (!copy || !t->type)
        return error_set(p->error, ERROR_MEMORY, "out of memory");
    t->name = slice_make(copy, name.len);
    p->n_types++;
    return true;
}

/* Bytes up to the next comma that is in no parentheses, or all. */
static size_t item_length(struct slice list)
{
    size_t n = 0;
    int depth = 0;

    for (; n < list.len && (depth > 0 || list.data[n] != ','); n++)
        depth += (list.data[n] == '(') - (list.data[n] == ')');
    return n;
}

/* "name type, name type" */
static bool take_types(struct parser *p, struct slice list)
{
    while (list.len > 0) {
        size_t n = item_length(list);
        struct slice item = text_trim(slice_make(list.data, n)), type = item;
        struct slice name = take_word(&type);

        if (name.len == 0 || type.len == 0)
            return parser_fail(p, "a column's name and its type belong between the commas", item);
        if (!add_type(p, name, type))
            return false;
        n += n < list.len;
        list = text_trim(slice_make(list.data + n, list.len - n));
    }
    return p->n_types > 0 || parser_fail(p, "it declares no columns", list);
}

/* A type is one word or two, with a length or not: prose is longer. */
static bool is_type(struct slice s)
{
    size_t words = 1;

    for (size_t i = 0; i < s.len; i++) {
        if (strchr(".;:'\"", s.data[i]))
            return false;
        words += s.data[i] == ' ';
    }
    return words <= 2;
}

static bool take_scalar(struct parser *p, struct slice type, bool *taken)
{
    *taken = is_type(type);
    return !*taken || type.len == 0 || add_type(p, slice_make("", 0), type);
}

/* "many scalar": the values are not in rows. */
static bool take_scalars(struct parser *p, struct routine_source *out, struct slice rest,
                         bool *taken)
{
    struct slice type = rest;

    *taken = text_equal_nocase(take_word(&type), slice_from("scalar"));
    out->returns = RETURNS_SCALARS;
    return !*taken || take_scalar(p, type, taken);
}

static bool take_shape(struct parser *p, struct routine_source *out, struct slice rest, bool *taken)
{
    bool in_parentheses = rest.len >= 2 && rest.data[0] == '(' && rest.data[rest.len - 1] == ')';

    if (out->returns == RETURNS_MANY && !in_parentheses)
        return take_scalars(p, out, rest, taken);
    switch (out->returns) {
    case RETURNS_MANY:
    case RETURNS_ONE:
        *taken = in_parentheses;
        return !*taken || take_types(p, text_trim(slice_make(rest.data + 1, rest.len - 2)));
    case RETURNS_SCALAR:
    case RETURNS_SCALARS: return take_scalar(p, rest, taken);
    case RETURNS_FILE:
        *taken = routine_media_type(rest);
        out->media = *taken ? arena_copy(p->arena, rest) : NULL;
        return !*taken || out->media || error_set(p->error, ERROR_MEMORY, "out of memory");
    }
    return true;
}

bool parser_returns(struct parser *p, struct slice what, struct routine_source *out, bool *taken)
{
    static const char *const words[] = {[RETURNS_MANY] = "many",
                                        [RETURNS_ONE] = "one",
                                        [RETURNS_SCALAR] = "scalar",
                                        [RETURNS_FILE] = "file"};
    struct slice rest = what, word = take_word(&rest);
    enum routine_returns before = out->returns;

    *taken = true;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (!text_equal_nocase(word, slice_from(words[i])))
            continue;
        out->returns = (enum routine_returns)i;
        if (rest.len > 0 && !take_shape(p, out, rest, taken))
            return false;
        if (!*taken)
            out->returns = before;
        return true;
    }
    *taken = rest.len == 0;
    return !*taken || parser_fail(p, "it returns many, one, scalar or file, not", what);
}
