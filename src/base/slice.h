/*
 * A borrowed run of bytes, not NUL-terminated. Valid as long as what it points into.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_BASE_SLICE_H
#define THIMBLE_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct slice {
    const char *data; /* may be NULL when len is 0 */
    size_t len;
};

/* For printf: printf("%.*s", SLICE_ARG(s)). */
#define SLICE_ARG(s) (int)(s).len, ((s).data ? (s).data : "")

/* The same of what a request says, for an error's text: no more than its beginning. */
#define SLICE_SHOWN_MAX 80
#define SLICE_SHOWN(s)                                                                             \
    (int)((s).len > SLICE_SHOWN_MAX ? SLICE_SHOWN_MAX : (s).len), ((s).data ? (s).data : "")

/* A slice of a string literal, usable in constant initialisers. */
/* clang-format off */
#define SLICE_LITERAL(text) {(text), sizeof(text) - 1}
/* clang-format on */

static inline struct slice slice_make(const char *data, size_t len)
{
    return (struct slice){data, len};
}

static inline struct slice slice_from(const char *text)
{
    return (struct slice){text, text ? strlen(text) : 0};
}

static inline bool slice_equal(struct slice a, struct slice b)
{
    if (a.len != b.len)
        return false;
    return a.len == 0 || (a.data && b.data && memcmp(a.data, b.data, a.len) == 0);
}

/* True if one of its bytes is `byte`; a NUL is a byte like another. */
static inline bool slice_has(struct slice s, char byte)
{
    return s.len > 0 && memchr(s.data, (unsigned char)byte, s.len) != NULL;
}

/* <0, 0, >0: in the order of their bytes, the shorter before what it begins. */
static inline int slice_compare(struct slice a, struct slice b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;
    int order = shorter ? memcmp(a.data, b.data, shorter) : 0;

    if (order)
        return order;
    return (a.len > b.len) - (a.len < b.len);
}

static inline bool slice_is(struct slice s, const char *text)
{
    return slice_equal(s, slice_from(text));
}

/* What comes after the first n bytes, n ≤ s.len. */
static inline struct slice slice_after(struct slice s, size_t n)
{
    return slice_make(s.data + n, s.len - n);
}

static inline bool slice_begins(struct slice s, struct slice beginning)
{
    if (s.len < beginning.len)
        return false;
    return beginning.len == 0 || memcmp(s.data, beginning.data, beginning.len) == 0;
}

static inline bool slice_ends(struct slice s, struct slice end)
{
    if (s.len < end.len)
        return false;
    return end.len == 0 || memcmp(s.data + (s.len - end.len), end.data, end.len) == 0;
}

/* The place of the first `byte`, s.len if there is none. */
static inline size_t slice_find(struct slice s, char byte)
{
    const char *found = NULL;

    if (s.len > 0)
        found = (const char *)memchr(s.data, (unsigned char)byte, s.len);
    if (!found)
        return s.len;
    return (size_t)(found - s.data);
}

/* The first n bytes, or all if there are fewer: for what is shown. */
static inline struct slice slice_first(struct slice s, size_t n)
{
    if (s.len > n)
        s.len = n;
    return s;
}

#endif
