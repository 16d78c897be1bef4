/* SPDX-License-Identifier: MIT */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/memory.h"

#define FIRST_CAPACITY 128

void buf_init(struct buf *b, size_t max)
{
    *b = (struct buf){.max = max};
}

void buf_use(struct buf *b, enum memory_use use)
{
    b->use = use;
}

void buf_finish(struct buf *b)
{
    if (!b)
        return;
    memory_free(b->data);
    b->data = NULL;
    b->len = b->cap = 0;
    b->failed = b->full = false;
}

void buf_clear(struct buf *b)
{
    b->len = 0;
    b->failed = b->full = false;
}

char *buf_take(struct buf *b)
{
    char *data = b->data;

    b->data = NULL;
    buf_finish(b);
    return data;
}

static char *fail(struct buf *b, bool full)
{
    b->failed = true;
    b->full = full;
    return NULL;
}

/* A capacity for `need` bytes. Twice what there was while that is copied; a block that is mapped is
 * not (base/memory.h), and what is not needed of it is another's. */
static size_t enough(const struct buf *b, size_t need)
{
    size_t cap = b->cap ? b->cap : FIRST_CAPACITY;

    while (cap < need)
        cap += cap < MEMORY_LARGE ? cap : cap / 8;
    return cap < b->max ? cap : b->max;
}

char *buf_reserve_slow(struct buf *b, size_t more)
{
    size_t cap;
    char *data;

    if (b->failed)
        return NULL;
    if (b->len > b->max || more > b->max - b->len)
        return fail(b, true);
    cap = enough(b, b->len + more);
    if (cap <= b->cap)
        return b->data + b->len;
    data = b->data ? memory_realloc(b->data, cap) : memory_alloc(b->use, cap);
    if (!data)
        return fail(b, memory_is_never());
    b->data = data;
    b->cap = cap;
    return data + b->len;
}

void buf_add_text(struct buf *b, const char *text)
{
    buf_add(b, text, strlen(text));
}

/* "00" to "99" */
#define TEN(d)                                                                                     \
    {d, '0'}, {d, '1'}, {d, '2'}, {d, '3'}, {d, '4'}, {d, '5'}, {d, '6'}, {d, '7'}, {d, '8'},      \
    {                                                                                              \
        d, '9'                                                                                     \
    }
static const char pairs[100][2] = {TEN('0'), TEN('1'), TEN('2'), TEN('3'), TEN('4'),
                                   TEN('5'), TEN('6'), TEN('7'), TEN('8'), TEN('9')};

void buf_add_int64(struct buf *b, int64_t value)
{
    char digits[20];
    size_t n = 0;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    char *to;

    for (; rest >= 100; rest /= 100) {
        n += 2;
        memcpy(digits + sizeof digits - n, pairs[rest % 100], 2);
    }
    if (rest >= 10) {
        n += 2;
        memcpy(digits + sizeof digits - n, pairs[rest], 2);
    } else {
        digits[sizeof digits - ++n] = (char)('0' + rest);
    }
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
