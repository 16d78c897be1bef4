/*
 * A growing byte buffer with a maximum. Failure is sticky: once an append does not
 * fit or memory is out, `failed` is set, later appends do nothing, and the caller
 * looks once at the end. Owns its memory; freed by buf_finish.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_BASE_BUF_H
#define THIMBLE_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/memory.h"
#include "base/slice.h"

struct buf {
    char *data;          /* NULL while empty */
    size_t len;          /* bytes written */
    size_t cap;          /* bytes allocated */
    size_t max;          /* what len may reach */
    bool failed;         /* an append did not fit, or memory was out */
    bool full;           /* …and never will: the maximum was the reason, or memory_is_never */
    enum memory_use use; /* what its memory counts as */
};

/* An empty buffer that may hold `max` bytes. Allocates nothing yet. */
void buf_init(struct buf *b, size_t max);

/* What the memory that it takes from now on counts as: MEMORY_OTHER before. */
void buf_use(struct buf *b, enum memory_use use);

/* Frees the memory; the buffer is empty and may be used again. Takes NULL. */
void buf_finish(struct buf *b);

/* Empties, keeps the memory, forgets a failure. */
void buf_clear(struct buf *b);

/* Hands the memory to the caller, who frees it with memory_free; the buffer is empty. NULL if empty. */
char *buf_take(struct buf *b);

/*
 * Makes room for `more` bytes past len and returns where they go, or NULL (sticky
 * failure). The caller writes at most `more` and adds what it wrote to len.
 */
char *buf_reserve_slow(struct buf *b, size_t more);

static inline char *buf_reserve(struct buf *b, size_t more)
{
    if (!b->failed && more <= b->cap - b->len)
        return b->data + b->len;
    return buf_reserve_slow(b, more);
}

static inline void buf_add(struct buf *b, const void *data, size_t len)
{
    char *to = len ? buf_reserve(b, len) : NULL;
    if (to) {
        memcpy(to, data, len);
        b->len += len;
    }
}

static inline void buf_add_char(struct buf *b, char c)
{
    char *to = buf_reserve(b, 1);
    if (to) {
        *to = c;
        b->len++;
    }
}

static inline void buf_add_slice(struct buf *b, struct slice s)
{
    buf_add(b, s.data, s.len);
}

/* Appends a NUL-terminated string, a decimal integer, or printf-style text. */
void buf_add_text(struct buf *b, const char *text);
void buf_add_int64(struct buf *b, int64_t value);
void buf_addf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

static inline struct slice buf_slice(const struct buf *b)
{
    return slice_make(b->data, b->len);
}

#endif
