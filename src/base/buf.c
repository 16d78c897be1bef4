/* SPDX-License-Identifier: MIT */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define FIRST_CAPACITY 128

void buf_init(struct buf *b, size_t max)
{
    *b = (struct buf){.max = max};
}

void buf_finish(struct buf *b)
{
    if (!b)
        return;
    free(b->data);
    buf_init(b, b->max);
}

void buf_clear(struct buf *b)
{
    b->len = 0;
    b->failed = b->full = false;
}

char *buf_take(struct buf *b)
{
    char *data = b->data;

    buf_init(b, b->max);
    return data;
}

static char *fail(struct buf *b, bool full)
{
    b->failed = true;
    b->full = full;
    return NULL;
}

char *buf_reserve_slow(struct buf *b, size_t more)
{
    size_t cap = b->cap ? b->cap : FIRST_CAPACITY;
    char *data;

    if (b->failed)
        return NULL;
    if (b->len > b->max || more > b->max - b->len)
        return fail(b, true);
    while (cap < b->len + more)
        cap *= 2;
    if (cap > b->max)
        cap = b->max;
    if (cap <= b->cap)
        return b->data + b->len;
    data = realloc(b->data, cap);
    if (!data)
        return fail(b, false);
    b->data = data;
    b->cap = cap;
    return data + b->len;
}

void buf_add_text(struct buf *b, const char *text)
{
    buf_add(b, text, strlen(text));
}

void buf_add_int64(struct buf *b, int64_t value)
{
    char digits[20];
    size_t n = 0;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    char *to;

    do {
        digits[sizeof digits - ++n] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    to = buf_reserve(b, n + 1);
    if (!to)
        return;
    if (value < 0) {
        *to++ = '-';
        b->len++;
    }
    memcpy(to, digits + sizeof digits - n, n);
    b->len += n;
}

void buf_addf(struct buf *b, const char *format, ...)
{
    va_list args, again;
    char *to;
    int n;

    va_start(args, format);
    va_copy(again, args);
    n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    to = n >= 0 ? buf_reserve(b, (size_t)n + 1) : NULL;
    if (to) {
        vsnprintf(to, (size_t)n + 1, format, again);
        b->len += (size_t)n;
    }
    va_end(again);
}
