/*
 * Which statements take long: the hashes of their texts, in a small table of fixed size. The threads
 * of the reader lane measure and write it, one at a time; any thread asks.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_RUN_SLOW_SHAPES_H
#define THIMBLE_STORE_RUN_SLOW_SHAPES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

#define SLOW_SHAPES_SETS 64
#define SLOW_SHAPES_WAYS 4

/* So many runs in a row that are fast, and a shape is forgiven. */
#define SLOW_SHAPES_FORGIVEN 3

/* Places of the shapes whose hashes end alike. */
struct slow_shapes_set {
    _Atomic uint64_t hash[SLOW_SHAPES_WAYS]; /* 0: a free place */
    unsigned char fast[SLOW_SHAPES_WAYS];    /* runs in a row that were */
    unsigned char next;                      /* the place that is given away when none is free */
};

struct slow_shapes {
    _Atomic size_t n;
    struct slow_shapes_set sets[SLOW_SHAPES_SETS];
};

/* What stands for a statement's text; never 0. */
uint64_t slow_shapes_hash(struct slice sql);

bool slow_shapes_look(const struct slow_shapes *s, uint64_t hash);

/* Are there any at all? */
static inline bool slow_shapes_any(const struct slow_shapes *s)
{
    return atomic_load_explicit(&s->n, memory_order_relaxed) > 0;
}

/* Is the statement known as slow? */
static inline bool slow_shapes_has(const struct slow_shapes *s, struct slice sql)
{
    return slow_shapes_any(s) && slow_shapes_look(s, slow_shapes_hash(sql));
}

/* A run of it was measured, and took long or did not. Not two threads at once. */
void slow_shapes_note(struct slow_shapes *s, uint64_t hash, bool slow);

#endif
