/*
 * Memory with one death: a request's parse tree, SQL text and decoded strings
 * are carved from an arena and vanish together. Bounded by a maximum. Not shared
 * between threads at one time.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_BASE_ARENA_H
#define THIMBLE_BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

#include "base/memory.h"
#include "base/slice.h"

struct arena_chunk;

struct arena {
    struct arena_chunk *chunk; /* newest first; each owned by the arena */
    size_t used;               /* bytes used in the newest chunk */
    size_t total;              /* bytes in all chunks */
    size_t max;                /* what `total` may reach */
    bool full;                 /* more was asked for than `max` leaves, since the last reset */
    enum memory_use use;       /* what its memory counts as: MEMORY_OTHER, if nobody says more */
};

/* Prepares an empty arena that may hold `max` bytes. Allocates nothing yet. */
void arena_init(struct arena *a, size_t max);

/* Frees all chunks but the first, which is kept for the next request. */
void arena_reset(struct arena *a);

/* Where an arena stands. What is allocated after it is given back by arena_rewind. */
struct arena_mark {
    struct arena_chunk *chunk;
    size_t used;
};

static inline struct arena_mark arena_mark(const struct arena *a)
{
    return (struct arena_mark){a->chunk, a->used};
}

void arena_rewind(struct arena *a, struct arena_mark mark);

/* Frees everything. The arena may be used again. */
void arena_finish(struct arena *a);

/* `size` bytes aligned for any type, not zeroed; NULL past `max` or when memory is out. */
void *arena_alloc(struct arena *a, size_t size);

/* The same, zeroed; NULL also when count * size overflows. */
void *arena_zeroed(struct arena *a, size_t count, size_t size);

/* A NUL-terminated copy of `s`, or NULL. */
char *arena_copy(struct arena *a, struct slice s);

#endif
