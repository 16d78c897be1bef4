/* SPDX-License-Identifier: MIT */
#include "base/regexp_set.h"

#include <string.h>

static void add_range(struct tree *tree, uint32_t low, uint32_t high)
{
    tree->ranges[tree->n_ranges++] = (struct range){low, high};
}

/* ---- classes: what has a name */

static const struct class
{
    const char *name;
    char letter;        /* …of \d; '\0': none */
    const char *ranges; /* pairs: lowest, highest */
} classes[] = {
    {"digit", 'd', "09"},
    {"word", 'w', "09AZaz__"},
    {"space", 's', "\t\r  "},
    {"alpha", '\0', "AZaz"},
    {"alnum", '\0', "09AZaz"},
    {"upper", '\0', "AZ"},
    {"lower", '\0', "az"},
    {"blank", '\0', "\t\t  "},
    {"punct", '\0', "!/:@[`{~"},
    {"xdigit", '\0', "09AFaf"},
    {"graph", '\0', "!~"},
    {"print", '\0', " ~"},
    {"cntrl", '\0', "\001\037\177\177"},
};

static void add_class(struct tree *tree, const struct class *class)
{
    for (const char *r = class->ranges; *r; r += 2)
        add_range(tree, (unsigned char)r[0], (unsigned char)r[1]);
}

static const struct class *class_of_letter(char letter)
{
    for (size_t i = 0; letter && i < sizeof classes / sizeof *classes; i++) {
        if (classes[i].letter == letter)
            return &classes[i];
    }
    return NULL;
}

static const struct class *class_of_name(struct slice name)
{
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        if (slice_is(name, classes[i].name))
            return &classes[i];
    }
    return NULL;
}

bool regexp_set_class(struct tree *tree, char letter, size_t *set)
{
    bool negated = letter == 'D' || letter == 'W' || letter == 'S';
    const struct class *class = class_of_letter(negated ? (char)(letter + 'a' - 'A') : letter);

    if (!class)
        return false;
    *set = tree->n_sets++;
    tree->sets[*set] = (struct set){.start = tree->n_ranges, .negated = negated};
    add_class(tree, class);
    tree->sets[*set].n = tree->n_ranges - tree->sets[*set].start;
    return true;
}

/* ---- in brackets */

struct brackets {
    struct tree *tree;
    struct slice text;
    size_t at;
    const char *why;
};

static bool is_next(const struct brackets *b, const char *what)
{
    struct slice want = slice_from(what);

    return b->text.len - b->at >= want.len &&
           memcmp(b->text.data + b->at, want.data, want.len) == 0;
}

/* [:alpha:] at the brackets' place, which is a known one or wrong. */
static const struct class *take_named_class(struct brackets *b)
{
    size_t start = b->at + 2, end = start;
    const struct class *class;

    while (end < b->text.len && b->text.data[end] != ':')
        end++;
    class = class_of_name(slice_make(b->text.data + start, end - start));
    b->at = end;
    if (class && is_next(b, ":]")) {
        b->at += 2;
        return class;
    }
    b->why = "invalid character class";
    return NULL;
}

/* \d, \w, \s; NULL if none is there. */
static const struct class *take_letter_class(struct brackets *b)
{
    const struct class *class = NULL;

    if (is_next(b, "\\") && b->at + 1 < b->text.len)
        class = class_of_letter(b->text.data[b->at + 1]);
    if (class)
        b->at += 2;
    return class;
}

/* [:alpha:], or \d. *is says whether one was there; false if it is not known. */
static bool take_class(struct brackets *b, bool *is)
{
    bool named = is_next(b, "[:");
    const struct class *class = named ? take_named_class(b) : take_letter_class(b);

    *is = class != NULL;
    if (class)
        add_class(b->tree, class);
    return class || !named;
}

static bool take_character(struct brackets *b, uint32_t *c)
{
    size_t bytes;

    b->why = "brackets [] not balanced";
    if (b->at >= b->text.len)
        return false;
    if (is_next(b, "[.") || is_next(b, "[=")) {
        b->why = "invalid collating element";
        return false;
    }
    if (b->text.data[b->at] == '\\') {
        b->at++;
        b->why = "invalid escape \\ sequence";
        return regexp_escape(b->text, &b->at, c);
    }
    *c = regexp_decode(b->text.data + b->at, b->text.len - b->at, &bytes);
    b->at += bytes;
    return true;
}

/* a, a-z, or a class. */
static bool take_range(struct brackets *b)
{
    uint32_t low, high;
    bool is_class;

    if (!take_class(b, &is_class))
        return false;
    if (is_class)
        return true;
    if (!take_character(b, &low))
        return false;
    high = low;
    if (is_next(b, "-") && !is_next(b, "-]")) {
        b->at++;
        if (!take_character(b, &high))
            return false;
    }
    b->why = "invalid character range";
    if (high < low)
        return false;
    add_range(b->tree, low, high);
    return true;
}

bool regexp_set_parse(struct tree *tree, struct slice text, size_t *at, size_t *set,
                      const char **why)
{
    struct brackets b = {.tree = tree, .text = text, .at = *at};
    struct set made = {.start = tree->n_ranges};
    bool ok = true;

    made.negated = is_next(&b, "^");
    b.at += made.negated;
    for (bool first = true; ok && (first || !is_next(&b, "]")); first = false) /* []a]: a ] first */
        ok = take_range(&b);
    if (!ok) {
        *why = b.why;
        return false;
    }
    made.n = tree->n_ranges - made.start;
    *set = tree->n_sets++;
    tree->sets[*set] = made;
    *at = b.at + 1;
    return true;
}
