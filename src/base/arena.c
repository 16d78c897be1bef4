/* SPDX-License-Identifier: MIT */
#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <string.h>

struct arena_chunk {
    struct arena_chunk *older;
    size_t size;
    alignas(max_align_t) char data[];
};

/* The first chunk, with its heads 2.5 kB: a plain write takes 2. Later ones are at least as large as
 * all before, up to STEP_MAX. */
#define FIRST_CHUNK (2560 - 16 - sizeof(struct arena_chunk))
#define STEP_MAX    ((size_t)1 << 20)

void arena_init(struct arena *a, size_t max)
{
    *a = (struct arena){.max = max};
}

static void drop_newest(struct arena *a)
{
    struct arena_chunk *newest = a->chunk;

    a->chunk = newest->older;
    a->total -= newest->size;
    memory_free(newest);
}

void arena_reset(struct arena *a)
{
    while (a->chunk && a->chunk->older)
        drop_newest(a);
    a->used = 0;
    a->full = false;
}

void arena_rewind(struct arena *a, struct arena_mark mark)
{
    while (a->chunk != mark.chunk)
        drop_newest(a);
    a->used = mark.used;
    a->full = false;
}

void arena_finish(struct arena *a)
{
    arena_reset(a);
    memory_free(a->chunk);
    a->chunk = NULL;
    a->total = 0;
}

static struct arena_chunk *add_chunk(struct arena *a, size_t need)
{
    size_t size = a->total > FIRST_CHUNK ? a->total : FIRST_CHUNK;
    struct arena_chunk *chunk;

    if (size > STEP_MAX)
        size = STEP_MAX;
    if (need > a->max - a->total) {
        a->full = true;
        return NULL;
    }
    if (size < need)
        size = need;
    if (size > a->max - a->total)
        size = a->max - a->total;
    chunk = memory_alloc(a->use, sizeof *chunk + size);
    if (!chunk)
        return NULL;
    chunk->older = a->chunk;
    chunk->size = size;
    a->chunk = chunk;
    a->total += size;
    a->used = 0;
    return chunk;
}

void *arena_alloc(struct arena *a, size_t size)
{
    const size_t align = alignof(max_align_t);
    void *at;

    if (size > SIZE_MAX - align)
        return NULL;
    size = (size + align - 1) & ~(align - 1);
    if (!a->chunk || size > a->chunk->size - a->used) {
        if (!add_chunk(a, size))
            return NULL;
    }
    at = a->chunk->data + a->used;
    a->used += size;
    return at;
}

void *arena_zeroed(struct arena *a, size_t count, size_t size)
{
    size_t bytes;
    void *at;

    if (__builtin_mul_overflow(count, size, &bytes))
        return NULL;
    at = arena_alloc(a, bytes);
    return at ? memset(at, 0, bytes) : NULL;
}

char *arena_copy(struct arena *a, struct slice s)
{
    char *copy = arena_alloc(a, s.len + 1);

    if (!copy)
        return NULL;
    if (s.len)
        memcpy(copy, s.data, s.len);
    copy[s.len] = '\0';
    return copy;
}
