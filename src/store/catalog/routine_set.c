/*
 * A set of named queries: counted references, since catalogues outlive a reload.
 *
 * SPDX-License-Identifier: MIT
 */
#include <assert.h>
#include <stdlib.h>

#include "store/catalog/routine.h"

struct routine_set *routine_set_new(size_t max)
{
    struct routine_set *set = calloc(1, sizeof *set);

    if (!set)
        return NULL;
    arena_init(&set->arena, max);
    atomic_init(&set->references, 1);
    return set;
}

struct routine_set *routine_set_hold(struct routine_set *set)
{
    if (set)
        atomic_fetch_add_explicit(&set->references, 1, memory_order_relaxed);
    return set;
}

void routine_set_drop(struct routine_set *set)
{
    unsigned before;

    if (!set)
        return;
    before = atomic_fetch_sub_explicit(&set->references, 1, memory_order_acq_rel);
    assert(before > 0);
    if (before > 1)
        return;
    arena_finish(&set->arena);
    free(set);
}
