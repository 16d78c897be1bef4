/* SPDX-License-Identifier: MIT */
#include "access/address/limit.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct slot {
    struct limit_key key;
    uint32_t let_in;
    uint16_t told; /* over a limit; both 0: free, though the chain of probes may go on past it */
    bool used;     /* was ever used: a probe does not stop here */
};

struct limit {
    size_t total_max, per_address;
    _Atomic size_t let_in, told;
    pthread_mutex_t lock; /* guards the table */
    size_t mask, used;
    struct slot *slots; /* open addressing, at most half full of used slots */
};

struct limit *limit_new(size_t total, size_t per_address)
{
    struct limit *limit = calloc(1, sizeof *limit);
    size_t slots = 64;

    if (!limit)
        return NULL;
    pthread_mutex_init(&limit->lock, NULL);
    limit->total_max = total;
    limit->per_address = per_address;
    if (per_address == 0)
        return limit;
    while (slots < (total + LIMIT_TOLD) * 2)
        slots *= 2;
    limit->mask = slots - 1;
    limit->slots = calloc(slots, sizeof *limit->slots);
    if (!limit->slots) {
        limit_free(limit);
        return NULL;
    }
    return limit;
}

void limit_free(struct limit *limit)
{
    if (!limit)
        return;
    pthread_mutex_destroy(&limit->lock);
    free(limit->slots);
    free(limit);
}

static bool key_equal(struct limit_key a, struct limit_key b)
{
    return a.high == b.high && a.low == b.low;
}

static size_t key_hash(struct limit_key key)
{
    uint64_t h = (key.high ^ (key.low * 0x9e3779b97f4a7c15ULL)) * 0xff51afd7ed558ccdULL;

    return (size_t)(h ^ (h >> 32));
}

static bool is_free(const struct slot *slot)
{
    return slot->let_in == 0 && slot->told == 0;
}

/* Empties slots whose probes are all stale: when half the table was used and nobody is left
 * in most of it. Called under the lock. */
static void rehash(struct limit *limit)
{
    struct slot *old = limit->slots;
    struct slot *fresh = calloc(limit->mask + 1, sizeof *fresh);

    if (!fresh)
        return; /* probes get longer, nothing else */
    limit->slots = fresh;
    limit->used = 0;
    for (size_t i = 0; i <= limit->mask; i++) {
        size_t at = key_hash(old[i].key) & limit->mask;

        if (is_free(&old[i]))
            continue;
        while (fresh[at].used)
            at = (at + 1) & limit->mask;
        fresh[at] = old[i];
        limit->used++;
    }
    free(old);
}

/* The key's slot, or a free one for it; NULL when the table has none left. */
static struct slot *find_slot(struct limit *limit, struct limit_key key)
{
    struct slot *free_slot = NULL;
    size_t at = key_hash(key) & limit->mask;

    for (size_t i = 0; i <= limit->mask && limit->slots[at].used; i++) {
        struct slot *slot = &limit->slots[at];

        if (!is_free(slot) && key_equal(slot->key, key))
            return slot;
        if (is_free(slot) && !free_slot)
            free_slot = slot;
        at = (at + 1) & limit->mask;
    }
    if (free_slot)
        return free_slot;
    if (limit->slots[at].used)
        return NULL;
    return &limit->slots[at];
}

static bool by_address(const struct limit *limit, struct limit_key key)
{
    return limit->per_address > 0 && (key.high || key.low);
}

/* Whether the address may have one more. Called under the lock; `slot` may be NULL or free. */
static bool has_room(const struct limit *limit, const struct slot *slot)
{
    return !slot || is_free(slot) || slot->let_in < limit->per_address;
}

/* Takes a place of all that are let in, if there is one. */
static bool take_place(struct limit *limit)
{
    size_t before = atomic_fetch_add_explicit(&limit->let_in, 1, memory_order_relaxed);

    if (before < limit->total_max)
        return true;
    atomic_fetch_sub_explicit(&limit->let_in, 1, memory_order_relaxed);
    return false;
}

/* Under the lock, if connections are counted by address. */
static enum limit_verdict judge(struct limit *limit, const struct slot *slot)
{
    if (!has_room(limit, slot))
        return LIMIT_ADDRESS;
    if (!take_place(limit))
        return LIMIT_TOTAL;
    return LIMIT_OK;
}

static void count(struct slot *slot, struct limit_key key, enum limit_verdict verdict)
{
    slot->used = true;
    slot->key = key;
    if (verdict == LIMIT_OK)
        slot->let_in++;
    else
        slot->told++;
}

static enum limit_verdict enter_by_address(struct limit *limit, struct limit_key key)
{
    enum limit_verdict verdict;
    struct slot *slot;

    pthread_mutex_lock(&limit->lock);
    if (limit->used > limit->mask / 2)
        rehash(limit);
    slot = find_slot(limit, key);
    verdict = judge(limit, slot);
    if (slot) {
        limit->used += !slot->used;
        count(slot, key, verdict);
    }
    pthread_mutex_unlock(&limit->lock);
    return verdict;
}

enum limit_verdict limit_enter(struct limit *limit, struct limit_key key)
{
    enum limit_verdict verdict;

    if (by_address(limit, key))
        verdict = enter_by_address(limit, key);
    else
        verdict = judge(limit, NULL);
    if (verdict != LIMIT_OK)
        atomic_fetch_add_explicit(&limit->told, 1, memory_order_relaxed);
    return verdict;
}

static void uncount(struct slot *slot, enum limit_verdict verdict)
{
    if (verdict == LIMIT_OK && slot->let_in > 0)
        slot->let_in--;
    if (verdict != LIMIT_OK && slot->told > 0)
        slot->told--;
}

void limit_leave(struct limit *limit, struct limit_key key, enum limit_verdict verdict)
{
    struct slot *slot;

    atomic_fetch_sub_explicit(verdict == LIMIT_OK ? &limit->let_in : &limit->told, 1,
                              memory_order_relaxed);
    if (!by_address(limit, key))
        return;
    pthread_mutex_lock(&limit->lock);
    slot = find_slot(limit, key);
    if (slot)
        uncount(slot, verdict);
    pthread_mutex_unlock(&limit->lock);
}

/* Whether one more of the address, which is over its limit, may be told so; also if it is not over. */
static bool may_tell_address(struct limit *limit, struct limit_key key, bool any)
{
    const struct slot *slot;
    bool may;

    pthread_mutex_lock(&limit->lock);
    slot = find_slot(limit, key);
    may = has_room(limit, slot) || (any && slot->told < LIMIT_TOLD_ADDRESS);
    pthread_mutex_unlock(&limit->lock);
    return may;
}

bool limit_accepts(struct limit *limit, struct limit_key key)
{
    size_t told = atomic_load_explicit(&limit->told, memory_order_relaxed);
    size_t let_in = atomic_load_explicit(&limit->let_in, memory_order_relaxed);

    if (told < LIMIT_TOLD_ADDRESS)
        return true;
    if (let_in >= limit->total_max && told >= LIMIT_TOLD)
        return false;
    return !by_address(limit, key) || may_tell_address(limit, key, told < LIMIT_TOLD);
}

size_t limit_count(const struct limit *limit)
{
    return atomic_load_explicit(&limit->let_in, memory_order_relaxed) +
           atomic_load_explicit(&limit->told, memory_order_relaxed);
}
