/* SPDX-License-Identifier: MIT */
#include "store/db/statement_cache.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

#include <sqlite3.h>

static uint64_t next_moment(void)
{
    static _Atomic uint64_t moment;

    return atomic_fetch_add_explicit(&moment, 1, memory_order_relaxed) + 1;
}

struct statement_cache *statement_cache_new(int max)
{
    size_t buckets = 16;
    struct statement_cache *cache;

    assert(max >= 0);
    while (buckets < (size_t)max * 2)
        buckets *= 2;
    cache = calloc(1, sizeof *cache + buckets * sizeof(struct statement *));
    if (cache) {
        cache->max = (size_t)max;
        cache->mask = buckets - 1;
        cache->moment = next_moment();
    }
    return cache;
}

static void list_remove(struct statement_cache *cache, struct statement *st)
{
    *(st->newer ? &st->newer->older : &cache->newest) = st->older;
    *(st->older ? &st->older->newer : &cache->oldest) = st->newer;
    st->newer = st->older = NULL;
}

static void list_push(struct statement_cache *cache, struct statement *st)
{
    st->older = cache->newest;
    *(cache->newest ? &cache->newest->newer : &cache->oldest) = st;
    cache->newest = st;
}

void statement_cache_add(struct statement_cache *cache, struct statement *st)
{
    struct statement **bucket = &cache->buckets[st->hash & cache->mask];

    st->cached = true;
    st->chain = *bucket;
    *bucket = st;
    list_push(cache, st);
    cache->count++;
}

static void cache_remove(struct statement_cache *cache, struct statement *st)
{
    struct statement **at = &cache->buckets[st->hash & cache->mask];

    while (*at != st)
        at = &(*at)->chain;
    *at = st->chain;
    list_remove(cache, st);
    st->cached = false;
    cache->count--;
    cache->moment = next_moment();
}

void statement_free(struct statement *st)
{
    if (*st->running == st)
        *st->running = NULL;
    sqlite3_finalize(st->row.stmt);
    free(st);
}

void statement_cache_clear(struct statement_cache *cache)
{
    for (struct statement *st = cache->oldest, *next; st; st = next) {
        next = st->newer;
        cache_remove(cache, st);
        if (!st->in_use) /* one in use is freed when it is given back */
            statement_free(st);
    }
}

void statement_cache_free(struct statement_cache *cache)
{
    if (!cache)
        return;
    statement_cache_clear(cache);
    free(cache);
}

void statement_cache_count(const struct statement_cache *cache, uint64_t *hits, uint64_t *misses)
{
    *hits += counter_read(&cache->hits);
    *misses += counter_read(&cache->misses);
}

static bool is_wanted(const struct statement *st, struct slice sql, uint64_t serial, uint64_t hash)
{
    return st->hash == hash && st->serial == serial && slice_equal(st->sql, sql);
}

struct statement *statement_cache_find(struct statement_cache *cache, struct slice sql,
                                       uint64_t serial, uint64_t hash)
{
    struct statement *st = cache->buckets[hash & cache->mask];

    while (st && !is_wanted(st, sql, serial, hash))
        st = st->chain;
    return st;
}

void statement_cache_make_room(struct statement_cache *cache)
{
    struct statement *st = cache->oldest;

    while (st && cache->count >= cache->max) {
        struct statement *newer = st->newer;

        if (!st->in_use) {
            cache_remove(cache, st);
            statement_free(st);
        }
        st = newer;
    }
}

void statement_cache_touch(struct statement_cache *cache, struct statement *st)
{
    if (cache->newest == st)
        return;
    list_remove(cache, st);
    list_push(cache, st);
}
