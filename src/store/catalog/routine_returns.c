/*
 * What a named query says that it returns.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/text.h"
#include "store/catalog/routine_parser.h"

/* Up to the next of `ends`; the rest without blanks around it. */
static struct slice take_until(struct slice *rest, const char *ends)
{
    struct slice stops = slice_from(ends), word;
    size_t n = 0;

    while (n < rest->len && !slice_has(stops, rest->data[n]))
        n++;
    word = slice_make(rest->data, n);
    *rest = slice_after(*rest, n);
    return word;
}

/* The next word of a line, or the next name in double quotes, without them. */
static struct slice take_word(struct slice *rest)
{
    bool quoted = rest->len > 0 && rest->data[0] == '"';
    struct slice word;

    if (quoted) {
        *rest = slice_after(*rest, 1);
        word = take_until(rest, "\"");
        if (rest->len > 0)
            *rest = slice_after(*rest, 1);
    } else {
        word = take_until(rest, " \t(,");
    }
    *rest = text_trim(*rest);
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
    int depth = 0;

    for (size_t n = 0; n < list.len; n++) {
        if (list.data[n] == ',' && depth <= 0)
            return n;
        depth += (list.data[n] == '(') - (list.data[n] == ')');
    }
    return list.len;
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
        list = text_trim(slice_after(list, n));
    }
    if (p->n_types > 0)
        return true;
    return parser_fail(p, "it declares no columns", list);
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
    if (!*taken || type.len == 0)
        return true;
    return add_type(p, slice_make("", 0), type);
}

/* "many scalar": the values are not in rows. */
static bool take_scalars(struct parser *p, struct routine_source *out, struct slice rest,
                         bool *taken)
{
    struct slice type = rest;

    *taken = text_equal_nocase(take_word(&type), slice_from("scalar"));
    out->returns = RETURNS_SCALARS;
    if (!*taken)
        return true;
    return take_scalar(p, type, taken);
}

static bool take_file(struct parser *p, struct routine_source *out, struct slice media, bool *taken)
{
    out->media = NULL;
    *taken = routine_media_type(media);
    if (!*taken)
        return true;
    out->media = arena_copy(p->arena, media);
    if (out->media)
        return true;
    return error_set(p->error, ERROR_MEMORY, "out of memory");
}

static bool is_in_parentheses(struct slice s)
{
    return s.len >= 2 && s.data[0] == '(' && s.data[s.len - 1] == ')';
}

static bool take_shape(struct parser *p, struct routine_source *out, struct slice rest, bool *taken)
{
    bool is_list = is_in_parentheses(rest);

    switch (out->returns) {
    case RETURNS_MANY:
        if (!is_list)
            return take_scalars(p, out, rest, taken);
        break;
    case RETURNS_ONE: break;
    case RETURNS_SCALAR:
    case RETURNS_SCALARS: return take_scalar(p, rest, taken);
    case RETURNS_FILE: return take_file(p, out, rest, taken);
    }
    *taken = is_list;
    if (!is_list)
        return true;
    return take_types(p, text_trim(slice_make(rest.data + 1, rest.len - 2)));
}

bool parser_returns(struct parser *p, struct slice what, struct routine_source *out, bool *taken)
{
    static const struct {
        const char *word;
        enum routine_returns returns;
    } words[] = {
        {"many", RETURNS_MANY},
        {"one", RETURNS_ONE},
        {"scalar", RETURNS_SCALAR},
        {"file", RETURNS_FILE},
    };
    struct slice rest = what, word = take_word(&rest);
    enum routine_returns before = out->returns;

    *taken = true;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (!text_equal_nocase(word, slice_from(words[i].word)))
            continue;
        out->returns = words[i].returns;
        if (rest.len > 0 && !take_shape(p, out, rest, taken))
            return false;
        if (!*taken)
            out->returns = before;
        return true;
    }
    *taken = rest.len == 0;
    if (!*taken)
        return true;
    return parser_fail(p, "it returns many, one, scalar or file, not", what);
}
