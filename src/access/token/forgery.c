/* SPDX-License-Identifier: MIT */
#include "access/token/forgery.h"

#include <string.h>

#include "base/memory.h"

#define SECOND_US ((int64_t)1000000)
#define WAYS      4

void forgery_init(struct forgery *f, int64_t per_second)
{
    *f = (struct forgery){.interval_us = per_second > 0 ? SECOND_US / per_second : 0};
}

void forgery_finish(struct forgery *f)
{
    memory_free(f->addresses);
    f->addresses = NULL;
}

/* The few places that this address may have. */
static struct forgery_address *places(const struct forgery *f, struct limit_key key)
{
    uint64_t number = limit_key_number(key) * 0xff51afd7ed558ccdULL;

    return &f->addresses[(number >> 32) % (FORGERY_ADDRESSES / WAYS) * WAYS];
}

static bool is_key(const struct forgery_address *a, struct limit_key key)
{
    return a->key.high == key.high && a->key.low == key.low;
}

/* Peers of a unix socket are a proxy's: no address is theirs. */
static bool is_counted(const struct forgery *f, struct limit_key key)
{
    return f->interval_us > 0 && (key.high != 0 || key.low != 0);
}

static struct forgery_address *find(const struct forgery *f, struct limit_key key)
{
    struct forgery_address *at;

    if (!f->addresses || !is_counted(f, key))
        return NULL;
    at = places(f, key);
    for (int i = 0; i < WAYS; i++)
        if (is_key(&at[i], key))
            return &at[i];
    return NULL;
}

/* Its own place, or that of whoever is forgotten first. */
static struct forgery_address *claim(struct forgery *f, struct limit_key key)
{
    struct forgery_address *found = find(f, key), *at;

    if (found)
        return found;
    at = found = places(f, key);
    for (int i = 1; i < WAYS; i++)
        if (at[i].clear_us < found->clear_us)
            found = &at[i];
    *found = (struct forgery_address){.key = key};
    return found;
}

/* How long until what is left and what is added fit into the burst. */
static int64_t wait_us(int64_t clear_us, int64_t added_us, int64_t burst_us, int64_t now_us)
{
    int64_t left_us = clear_us > now_us ? clear_us - now_us : 0;

    return left_us + added_us - burst_us;
}

bool forgery_allows(const struct forgery *f, struct limit_key key, int64_t now_us, int *retry_s)
{
    const struct forgery_address *address = find(f, key);
    int64_t burst_us = FORGERY_BURST_S * SECOND_US;
    int64_t wait = wait_us(f->clear_us, 0, FORGERY_AT_ONCE_US * FORGERY_SHARE, now_us);

    if (f->interval_us == 0)
        return true;
    if (address) {
        int64_t own = wait_us(address->clear_us, f->interval_us, burst_us, now_us);

        if (own > wait)
            wait = own;
    }
    *retry_s = (int)((wait + SECOND_US - 1) / SECOND_US);
    return wait <= 0;
}

static int64_t later(int64_t clear_us, int64_t now_us, int64_t by_us)
{
    return (clear_us > now_us ? clear_us : now_us) + by_us;
}

void forgery_note(struct forgery *f, struct limit_key key, int64_t now_us, int64_t n,
                  int64_t took_us)
{
    size_t bytes = FORGERY_ADDRESSES * sizeof *f->addresses;
    struct forgery_address *address;

    f->clear_us = later(f->clear_us, now_us, took_us * FORGERY_SHARE);
    if (!is_counted(f, key))
        return;
    if (!f->addresses) {
        f->addresses = memory_alloc(MEMORY_OTHER, bytes);
        if (!f->addresses)
            return; /* what all cost is limited still */
        memset(f->addresses, 0, bytes);
    }
    address = claim(f, key);
    address->clear_us = later(address->clear_us, now_us, n * f->interval_us);
}
