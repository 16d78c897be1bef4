/* SPDX-License-Identifier: MIT */
#include "store/run/slow_shapes.h"

#include "base/hash.h"

#define NOWHERE SLOW_SHAPES_WAYS

uint64_t slow_shapes_hash(struct slice sql)
{
    uint64_t hash = hash_bytes(sql, 0);

    return hash ? hash : 1;
}

static uint64_t hash_at(const struct slow_shapes_set *set, size_t way)
{
    return atomic_load_explicit(&set->hash[way], memory_order_relaxed);
}

static size_t place_of(const struct slow_shapes_set *set, uint64_t hash)
{
    size_t way = 0;

    while (way < SLOW_SHAPES_WAYS && hash_at(set, way) != hash)
        way++;
    return way;
}

bool slow_shapes_look(const struct slow_shapes *s, uint64_t hash)
{
    return place_of(&s->sets[hash % SLOW_SHAPES_SETS], hash) != NOWHERE;
}

static void remember(struct slow_shapes *s, struct slow_shapes_set *set, uint64_t hash)
{
    size_t way = place_of(set, 0);

    if (way == NOWHERE)
        way = set->next++ % SLOW_SHAPES_WAYS;
    else
        atomic_fetch_add_explicit(&s->n, 1, memory_order_relaxed);
    set->fast[way] = 0;
    atomic_store_explicit(&set->hash[way], hash, memory_order_relaxed);
}

static void forgive(struct slow_shapes *s, struct slow_shapes_set *set, size_t way)
{
    atomic_store_explicit(&set->hash[way], 0, memory_order_relaxed);
    atomic_fetch_sub_explicit(&s->n, 1, memory_order_relaxed);
}

void slow_shapes_note(struct slow_shapes *s, uint64_t hash, bool slow)
{
    struct slow_shapes_set *set = &s->sets[hash % SLOW_SHAPES_SETS];
    size_t way = place_of(set, hash);

    if (way == NOWHERE) {
        if (slow)
            remember(s, set, hash);
        return;
    }
    if (slow)
        set->fast[way] = 0;
    else if (++set->fast[way] >= SLOW_SHAPES_FORGIVEN)
        forgive(s, set, way);
}
