/*
 * Names against each other: which are equal, and how far apart others are; what blanks are around one.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/text.h"

#include "base/ascii.h"

bool text_equal_nocase(struct slice a, struct slice b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++) {
        if (a.data[i] == b.data[i]) /* nearly always: names are spelled as they are registered */
            continue;
        if (ascii_lower(a.data[i]) != ascii_lower(b.data[i]))
            return false;
    }
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

struct slice text_trim(struct slice s)
{
    while (s.len && is_blank(s.data[0])) {
        s.data++;
        s.len--;
    }
    while (s.len && is_blank(s.data[s.len - 1]))
        s.len--;
    return s;
}

bool text_next_item(struct slice *rest, struct slice *item)
{
    size_t n = slice_find(*rest, ',');

    if (!rest->data)
        return false;
    *item = text_trim(slice_first(*rest, n));
    *rest = n < rest->len ? slice_after(*rest, n + 1) : slice_make(NULL, 0);
    return true;
}

static size_t least(size_t a, size_t b)
{
    if (a < b)
        return a;
    return b;
}

/* The next row of Levenshtein's table in the place of the one before, which `c` is compared to;
 * returns its least number. */
static size_t next_distances(size_t *row, char c, struct slice b)
{
    size_t diagonal = row[0], best = ++row[0];

    for (size_t j = 1; j <= b.len; j++) {
        bool differs = ascii_lower(c) != ascii_lower(b.data[j - 1]);
        size_t replaced = diagonal + differs;

        diagonal = row[j];
        row[j] = least(replaced, least(row[j], row[j - 1]) + 1);
        best = least(best, row[j]);
    }
    return best;
}

size_t text_distance(struct slice a, struct slice b, size_t limit)
{
    size_t row[128];
    size_t longer = a.len > b.len ? a.len : b.len;

    if (b.len >= sizeof row / sizeof *row)
        return limit + 1;
    if (longer - least(a.len, b.len) > limit)
        return limit + 1;
    for (size_t j = 0; j <= b.len; j++)
        row[j] = j;
    for (size_t i = 0; i < a.len; i++) {
        if (next_distances(row, a.data[i], b) > limit)
            return limit + 1;
    }
    return least(row[b.len], limit + 1);
}
