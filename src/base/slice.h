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

static inline bool slice_is(struct slice s, const char *text)
{
    return slice_equal(s, slice_from(text));
}

#endif
