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

/* ---- escapes */

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Exactly `digits` hexadecimal ones. */
static bool take_hex(struct slice text, size_t *at, size_t digits, uint32_t *c)
{
    *c = 0;
    for (size_t i = 0; i < digits; i++, ++*at) {
        int digit = *at < text.len ? hex(text.data[*at]) : -1;

        if (digit < 0)
            return false;
        *c = *c << 4 | (uint32_t)digit;
    }
    return *c <= 0x10ffff;
}

bool regexp_escape(struct slice text, size_t *at, uint32_t *c)
{
    static const char letters[] = "nrtfve", means[] = "\n\r\t\f\v\033";
    char letter;
    size_t bytes;

    if (*at >= text.len)
        return false;
    letter = text.data[*at];
    const char *known = letter ? memchr(letters, letter, sizeof letters - 1) : NULL;

    if (known) {
        ++*at;
        *c = (unsigned char)means[known - letters];
        return true;
    }
    if (letter == 'x' || letter == 'u' || letter == 'U') {
        ++*at;
        return take_hex(text, at, letter == 'x' ? 2 : letter == 'u' ? 4 : 8, c);
    }
    if ((letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'z') ||
        (letter >= 'A' && letter <= 'Z'))
        return false;
    *c = regexp_decode(text.data + *at, text.len - *at, &bytes);
    *at += bytes;
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

/* [:alpha:], or \d. *is says whether one was there; false if it is not known. */
static bool take_class(struct brackets *b, bool *is)
{
    const struct class *class = NULL;
    size_t end;

    *is = false;
    if (is_next(b, "[:")) {
        for (end = b->at + 2; end < b->text.len && b->text.data[end] != ':'; end++)
            continue;
        class = class_of_name(slice_make(b->text.data + b->at + 2, end - b->at - 2));
        if (!class || end + 1 >= b->text.len || b->text.data[end + 1] != ']') {
            b->why = "invalid character class";
            return false;
        }
        b->at = end + 2;
    } else if (is_next(b, "\\") && b->at + 1 < b->text.len) {
        class = class_of_letter(b->text.data[b->at + 1]);
        b->at += class ? 2 : 0;
    }
    if (class)
        add_class(b->tree, class);
    *is = class != NULL;
    return true;
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

/* ---- characters and sets */

uint32_t regexp_decode(const char *data, size_t len, size_t *bytes)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *p = (const unsigned char *)data;
    size_t n = p[0] < 0x80 ? 1 : p[0] < 0xc0 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
    uint32_t c = p[0];

    *bytes = 1;
    if (n == 1)
        return c;
    if (n == 0 || n > len)
        return REGEXP_RAW_BYTE + p[0];
    c = p[0] & (0x7fU >> n);
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return REGEXP_RAW_BYTE + p[0];
        c = c << 6 | (p[i] & 0x3f);
    }
    if (c < least[n] || c > 0x10ffff)
        return REGEXP_RAW_BYTE + p[0];
    *bytes = n;
    return c;
}
