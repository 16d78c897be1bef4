/*
 * Names by hash: which number a name has, found in one step whatever their number. For names that
 * a request brings many of. In an arena; one thread at a time.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_BASE_SLICE_INDEX_H
#define THIMBLE_BASE_SLICE_INDEX_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/slice.h"

struct slice_index {
    struct slice_slot *slots; /* NULL: not made */
    size_t mask;
};

/* Makes room for `n` names. False without memory. */
bool slice_index_make(struct slice_index *index, struct arena *arena, size_t n)
    __attribute__((warn_unused_result));

/* A name that is there already keeps its number. No more than there is room for; the text stays. */
void slice_index_add(struct slice_index *index, struct slice name, int number);

/* The name's number, or -1. */
int slice_index_find(const struct slice_index *index, struct slice name);

#endif
