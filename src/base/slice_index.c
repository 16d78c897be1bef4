/* SPDX-License-Identifier: MIT */
#include "base/slice_index.h"

#include <stdint.h>

#include "base/hash.h"

struct slice_slot {
    struct slice name;
    int number;
    bool taken;
};

bool slice_index_make(struct slice_index *index, struct arena *arena, size_t n)
{
    size_t room = 8;

    while (room < n * 2)
        room *= 2;
    index->slots = arena_zeroed(arena, room, sizeof *index->slots);
    index->mask = room - 1;
    return index->slots != NULL;
}

/* The slot that has the name, or the free one where it belongs: one always is. */
static struct slice_slot *slot_of(const struct slice_index *index, struct slice name)
{
    size_t i = (size_t)hash_bytes(name, (uintptr_t)index->slots) & index->mask;

    while (index->slots[i].taken && !slice_equal(index->slots[i].name, name))
        i = (i + 1) & index->mask;
    return &index->slots[i];
}

void slice_index_add(struct slice_index *index, struct slice name, int number)
{
    struct slice_slot *slot = slot_of(index, name);

    if (!slot->taken)
        *slot = (struct slice_slot){name, number, true};
}

int slice_index_find(const struct slice_index *index, struct slice name)
{
    const struct slice_slot *slot = slot_of(index, name);

    return slot->taken ? slot->number : -1;
}
