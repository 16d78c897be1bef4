/* SPDX-License-Identifier: MIT */
#include "http/response_cache.h"

#include <stdlib.h>
#include <string.h>

#include <microhttpd.h>

#include "base/hash.h"
#include "base/memory.h"

/* What a response takes beside its body: libmicrohttpd's records and three header fields. */
#define RESPONSE_BYTES 640

/* An answer larger than this part of the whole is not kept: it would drive out all others. */
#define LARGEST_PART 8

bool response_cache_init(struct response_cache *a, size_t max, uint64_t seed, struct error *e)
{
    size_t buckets = 64;

    *a = (struct response_cache){.max = max, .seed = seed};
    while (buckets < max / 1024)
        buckets *= 2;
    a->mask = buckets - 1;
    if (max > 0)
        a->buckets = calloc(buckets, sizeof(struct cached_response *));
    return max == 0 || a->buckets || error_set(e, ERROR_MEMORY, "out of memory");
}

static uint64_t hash_of(const struct response_cache *a, const struct response_key *key)
{
    return hash_bytes(key->accept, hash_bytes(key->target, a->seed ^ key->who[0]));
}

static void list_remove(struct response_cache *a, struct cached_response *one)
{
    *(one->older ? &one->older->newer : &a->oldest) = one->newer;
    *(one->newer ? &one->newer->older : &a->newest) = one->older;
}

static void list_push(struct response_cache *a, struct cached_response *one)
{
    one->older = a->newest;
    one->newer = NULL;
    *(a->newest ? &a->newest->newer : &a->oldest) = one;
    a->newest = one;
}

void response_cache_drop(struct response_cache *a, struct cached_response *one)
{
    struct cached_response **at = &a->buckets[one->hash & a->mask];

    while (*at != one)
        at = &(*at)->chain;
    *at = one->chain;
    list_remove(a, one);
    a->bytes -= one->bytes;
    memory_give(MEMORY_KEPT, one->bytes);
    MHD_destroy_response(one->response);
    free(one);
}

void response_cache_finish(struct response_cache *a)
{
    for (struct cached_response *old = a->oldest, *newer; old; old = newer) {
        newer = old->newer;
        response_cache_drop(a, old);
    }
    free(a->buckets);
    a->buckets = NULL;
}

static bool is_for(const struct cached_response *one, const struct response_key *key)
{
    struct slice target = slice_make(one->key, one->target_len);
    struct slice accept = slice_make(one->key + one->target_len, one->accept_len);

    if (one->who[0] != key->who[0] || one->who[1] != key->who[1])
        return false;
    return slice_equal(target, key->target) && slice_equal(accept, key->accept);
}

struct cached_response *response_cache_find(struct response_cache *a,
                                            const struct response_key *key)
{
    struct cached_response *one;
    uint64_t hash;

    if (!a->oldest || key->target.len == 0)
        return NULL;
    hash = hash_of(a, key);
    one = a->buckets[hash & a->mask];
    while (one && (one->hash != hash || !is_for(one, key)))
        one = one->chain;
    if (one && a->newest != one) {
        list_remove(a, one);
        list_push(a, one);
    }
    return one;
}

bool response_cache_fits(const struct response_cache *a, size_t body)
{
    return a->buckets && body < a->max / LARGEST_PART;
}

bool response_cache_keep(struct response_cache *a, const struct response_key *key,
                         const struct response_kept *kept)
{
    struct slice target = key->target, accept = key->accept;
    size_t bytes =
        sizeof(struct cached_response) + target.len + accept.len + kept->body + RESPONSE_BYTES;
    struct cached_response *one;

    if (!a->buckets || bytes > a->max / LARGEST_PART)
        return false;
    for (struct cached_response *old = a->oldest, *newer; old && a->bytes + bytes > a->max;
         old = newer) {
        newer = old->newer;
        response_cache_drop(a, old);
    }
    if (!memory_take(MEMORY_KEPT, bytes))
        return false;
    one = malloc(sizeof *one + target.len + accept.len);
    if (!one) {
        memory_give(MEMORY_KEPT, bytes);
        return false;
    }
    *one = (struct cached_response){.response = kept->response,
                                    .route = kept->route,
                                    .version = kept->version,
                                    .tag = kept->tag,
                                    .bytes = bytes,
                                    .body = kept->body,
                                    .who = {key->who[0], key->who[1]},
                                    .target_len = target.len,
                                    .accept_len = accept.len};
    memcpy(one->key, target.data, target.len);
    if (accept.len)
        memcpy(one->key + target.len, accept.data, accept.len);
    one->hash = hash_of(a, key);
    one->chain = a->buckets[one->hash & a->mask];
    a->buckets[one->hash & a->mask] = one;
    list_push(a, one);
    a->bytes += bytes;
    return true;
}
