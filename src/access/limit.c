/* SPDX-License-Identifier: MIT */
#include "access/limit.h"

#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct slot {
    struct limit_key key;
    uint32_t count; /* 0: free, though the chain of probes may go on past it */
    bool used;      /* was ever used: a probe does not stop here */
};

struct limit {
    size_t total_max, per_address;
    _Atomic size_t total;
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
    while (slots < total * 2)
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

struct limit_key limit_key_of(const struct sockaddr *address)
{
    struct limit_key key = {0, 0};

    if (address && address->sa_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)address;

        key = (struct limit_key){1, v4->sin_addr.s_addr};
    } else if (address && address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)address;
        uint32_t v4;

        memcpy(&key.high, v6->sin6_addr.s6_addr, 8);
        if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) {
            memcpy(&v4, v6->sin6_addr.s6_addr + 12, 4);
            key = (struct limit_key){1, v4};
        } else {
            key.low = 2; /* never the key of an IPv4 address, never all zero */
        }
    }
    return key;
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

        if (old[i].count == 0)
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

        if (slot->count > 0 && key_equal(slot->key, key))
            return slot;
        if (slot->count == 0 && !free_slot)
            free_slot = slot;
        at = (at + 1) & limit->mask;
    }
    if (free_slot)
        return free_slot;
    if (limit->slots[at].used)
        return NULL;
    return &limit->slots[at];
}

static bool count_address(struct limit *limit, struct limit_key key)
{
    bool ok = true;
    struct slot *slot;

    pthread_mutex_lock(&limit->lock);
    if (limit->used > limit->mask / 2)
        rehash(limit);
    slot = find_slot(limit, key);
    if (slot) {
        limit->used += !slot->used;
        slot->used = true;
        slot->key = key;
        slot->count++;
        ok = slot->count <= limit->per_address;
    }
    pthread_mutex_unlock(&limit->lock);
    return ok;
}

static bool by_address(const struct limit *limit, struct limit_key key)
{
    return limit->per_address > 0 && (key.high || key.low);
}

enum limit_verdict limit_enter(struct limit *limit, struct limit_key key)
{
    bool address_ok = !by_address(limit, key) || count_address(limit, key);
    size_t now = atomic_fetch_add_explicit(&limit->total, 1, memory_order_relaxed) + 1;

    if (now > limit->total_max)
        return LIMIT_TOTAL;
    if (address_ok)
        return LIMIT_OK;
    return LIMIT_ADDRESS;
}

void limit_leave(struct limit *limit, struct limit_key key)
{
    struct slot *slot;

    atomic_fetch_sub_explicit(&limit->total, 1, memory_order_relaxed);
    if (!by_address(limit, key))
        return;
    pthread_mutex_lock(&limit->lock);
    slot = find_slot(limit, key);
    if (slot && slot->count > 0)
        slot->count--;
    pthread_mutex_unlock(&limit->lock);
}

size_t limit_count(const struct limit *limit)
{
    return atomic_load_explicit(&limit->total, memory_order_relaxed);
}
