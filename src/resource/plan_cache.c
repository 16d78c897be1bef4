/* SPDX-License-Identifier: MIT */
#include "resource/plan_cache.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/memory.h"
#include "resource/call.h"
#include "store/catalog/catalog.h"

struct cached_plan {
    struct cached_plan *chain, *older, *newer;
    uint64_t hash;
    uint64_t catalog; /* its number */
    const struct table *table;
    struct kept_plan *plan;
    size_t len;
    char shape[];
};

/* ---- the table */

bool plan_cache_init(struct plan_cache *cache, size_t max, uint64_t seed, struct error *e)
{
    size_t buckets = 16;

    *cache = (struct plan_cache){.max = max, .seed = seed};
    if (max == 0)
        return true;
    while (buckets < max * 2)
        buckets *= 2;
    cache->buckets = calloc(buckets, sizeof(struct cached_plan *));
    cache->seen = calloc(buckets, sizeof *cache->seen);
    cache->mask = buckets - 1;
    if (cache->buckets && cache->seen)
        return true;
    plan_cache_finish(cache);
    return error_set(e, ERROR_MEMORY, "out of memory");
}

static void list_remove(struct plan_cache *cache, struct cached_plan *entry)
{
    *(entry->newer ? &entry->newer->older : &cache->newest) = entry->older;
    *(entry->older ? &entry->older->newer : &cache->oldest) = entry->newer;
}

static void list_push(struct plan_cache *cache, struct cached_plan *entry)
{
    entry->newer = NULL;
    entry->older = cache->newest;
    *(cache->newest ? &cache->newest->newer : &cache->oldest) = entry;
    cache->newest = entry;
}

static void drop_entry(struct plan_cache *cache, struct cached_plan *entry)
{
    struct cached_plan **at = &cache->buckets[entry->hash & cache->mask];

    while (*at != entry)
        at = &(*at)->chain;
    *at = entry->chain;
    list_remove(cache, entry);
    cache->n--;
    kept_plan_free(entry->plan);
    memory_free(entry);
}

void plan_cache_clear(struct plan_cache *cache)
{
    while (cache->oldest)
        drop_entry(cache, cache->oldest);
}

void plan_cache_finish(struct plan_cache *cache)
{
    plan_cache_clear(cache);
    free(cache->buckets);
    free(cache->seen);
    cache->buckets = NULL;
    cache->seen = NULL;
}

static bool is_wanted(const struct cached_plan *entry, uint64_t catalog,
                      const struct plan_look *look)
{
    return entry->hash == look->hash && entry->catalog == catalog &&
           entry->len == look->shape.len && memcmp(entry->shape, look->shape.text, entry->len) == 0;
}

static void touch(struct plan_cache *cache, struct cached_plan *entry)
{
    if (cache->newest == entry)
        return;
    list_remove(cache, entry);
    list_push(cache, entry);
}

/* ---- finding */

/* What a kept plan does not know of: such a request goes the whole way. */
static bool is_plain_request(const struct call *call)
{
    bool is_strict = call->prefer.handling == PREFER_STRICT && call->prefer.unknown[0];

    return call->profile.len == 0 && call->range.len == 0 && !is_strict &&
           call->prefer.count == PREFER_COUNT_NONE;
}

/* The plan of the shape for these values: of one shape there may be several, for values of other
 * classes. NULL: none fits. */
static struct cached_plan *find_fitting(struct call *call, const struct plan_look *look,
                                        struct plan *plan)
{
    const struct plan_cache *cache = call->plans;
    struct cached_plan *entry = cache->buckets[look->hash & cache->mask];
    int64_t max_rows = plan_max_rows(&call->options);

    for (; entry; entry = entry->chain) {
        if (!is_wanted(entry, call->catalog->number, look))
            continue;
        if (kept_plan_use(entry->plan, &call->arena, &look->shape.texts, max_rows, plan,
                          &call->error))
            break;
    }
    return entry;
}

/* What was seen before is worth keeping. */
static enum plan_found note_unknown(struct plan_cache *cache, struct plan_look *look)
{
    uint64_t *seen = &cache->seen[look->hash & cache->mask];

    counter_add(&cache->misses, 1);
    look->keep = *seen == look->hash;
    *seen = look->keep ? 0 : look->hash;
    return PLAN_UNKNOWN;
}

/* The form of the answer, which is chosen before the plan; what fails fails again on the long way. */
static bool chooses_media(struct call *call)
{
    if (media_choose(call))
        return true;
    error_clear(&call->error);
    return false;
}

enum plan_found plan_cache_find(struct call *call, enum request_kind kind, struct plan_look *look,
                                struct plan *plan)
{
    struct plan_cache *cache = call->plans;
    struct cached_plan *entry;

    look->kind = kind;
    look->keep = false;
    if (!cache || !cache->buckets || call->in_lane || !is_plain_request(call))
        return PLAN_UNKNOWN;
    if (!request_shape_read(call, kind, &look->shape))
        return PLAN_UNKNOWN;
    if (!call_begin(call))
        return PLAN_FAILED;
    if (!chooses_media(call))
        return PLAN_UNKNOWN;
    look->hash = hash_bytes(slice_make(look->shape.text, look->shape.len),
                            cache->seed ^ call->catalog->number);
    entry = find_fitting(call, look, plan);
    if (!entry)
        return note_unknown(cache, look);
    touch(cache, entry);
    counter_add(&cache->hits, 1);
    /* The call as it would be behind target_list. */
    call->table = entry->table;
    call->tree.root.limit = look->shape.texts.limit;
    call->tree.root.offset = look->shape.texts.offset;
    return PLAN_KNOWN;
}

/* ---- keeping */

static struct cached_plan *new_entry(const struct call *call, const struct plan_look *look,
                                     struct kept_plan *plan)
{
    struct cached_plan *entry = memory_alloc(MEMORY_OTHER, sizeof *entry + look->shape.len);

    if (!entry)
        return NULL;
    entry->hash = look->hash;
    entry->catalog = call->catalog->number;
    entry->table = call->table;
    entry->plan = plan;
    entry->len = look->shape.len;
    memcpy(entry->shape, look->shape.text, entry->len);
    return entry;
}

static void add_entry(struct plan_cache *cache, struct cached_plan *entry)
{
    struct cached_plan **bucket = &cache->buckets[entry->hash & cache->mask];

    while (cache->n >= cache->max) {
        drop_entry(cache, cache->oldest);
        counter_add(&cache->evicted, 1);
    }
    entry->chain = *bucket;
    *bucket = entry;
    list_push(cache, entry);
    cache->n++;
}

void plan_cache_keep(struct call *call, const struct plan_look *look, const struct plan *plan)
{
    struct slice texts[REQUEST_SHAPE_VALUES];
    struct plan_texts placed = look->shape.texts;
    struct kept_plan *kept;
    struct cached_plan *entry;

    if (!look->keep || call->warning || media_is_plan(call))
        return;
    if (!request_shape_places(call, look->kind, &look->shape, texts))
        return;
    placed.texts = texts;
    kept = kept_plan_make(plan, &placed, &call->tree.root);
    if (!kept)
        return;
    entry = new_entry(call, look, kept);
    if (entry)
        add_entry(call->plans, entry);
    else
        kept_plan_free(kept);
}
