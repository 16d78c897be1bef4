/* SPDX-License-Identifier: MIT */
#include "http/answers.h"

#include <stdlib.h>
#include <string.h>

#include <microhttpd.h>

#include "base/hash.h"

/* What a response takes beside its body: libmicrohttpd's records and three header fields. */
#define RESPONSE_BYTES 640

/* An answer larger than this part of the whole is not kept: it would drive out all others. */
#define LARGEST_PART 8

bool answers_init(struct answers *a, size_t max, uint64_t seed, struct error *e)
{
    size_t buckets = 64;

    *a = (struct answers){.max = max, .seed = seed};
    while (buckets < max / 1024)
        buckets *= 2;
    a->mask = buckets - 1;
    if (max > 0)
        a->buckets = calloc(buckets, sizeof(struct answer *));
    return max == 0 || a->buckets || error_set(e, ERROR_MEMORY, "out of memory");
}

static uint64_t hash_of(const struct answers *a, struct slice target, struct slice accept)
{
    return hash_bytes(accept, hash_bytes(target, a->seed));
}

static void list_remove(struct answers *a, struct answer *one)
{
    *(one->older ? &one->older->newer : &a->oldest) = one->newer;
    *(one->newer ? &one->newer->older : &a->newest) = one->older;
}

static void list_push(struct answers *a, struct answer *one)
{
    one->older = a->newest;
    one->newer = NULL;
    *(a->newest ? &a->newest->newer : &a->oldest) = one;
    a->newest = one;
}

void answers_drop(struct answers *a, struct answer *one)
{
    struct answer **at = &a->buckets[one->hash & a->mask];

    while (*at != one)
        at = &(*at)->chain;
    *at = one->chain;
    list_remove(a, one);
    a->bytes -= one->bytes;
    MHD_destroy_response(one->response);
    free(one);
}

void answers_finish(struct answers *a)
{
    for (struct answer *old = a->oldest, *newer; old; old = newer) {
        newer = old->newer;
        answers_drop(a, old);
    }
    free(a->buckets);
    a->buckets = NULL;
}

static bool is_for(const struct answer *one, struct slice target, struct slice accept)
{
    return one->target_len == target.len && one->accept_len == accept.len &&
           memcmp(one->key, target.data, target.len) == 0 &&
           (accept.len == 0 || memcmp(one->key + target.len, accept.data, accept.len) == 0);
}

struct answer *answers_find(struct answers *a, struct slice target, struct slice accept)
{
    struct answer *one;
    uint64_t hash;

    if (!a->oldest || target.len == 0)
        return NULL;
    hash = hash_of(a, target, accept);
    one = a->buckets[hash & a->mask];
    while (one && (one->hash != hash || !is_for(one, target, accept)))
        one = one->chain;
    if (one && a->newest != one) {
        list_remove(a, one);
        list_push(a, one);
    }
    return one;
}

bool answers_keep(struct answers *a, struct slice target, struct slice accept,
                  const struct answer_kept *kept)
{
    size_t bytes = sizeof(struct answer) + target.len + accept.len + kept->body + RESPONSE_BYTES;
    struct answer *one;

    if (!a->buckets || bytes > a->max / LARGEST_PART)
        return false;
    for (struct answer *old = a->oldest, *newer; old && a->bytes + bytes > a->max; old = newer) {
        newer = old->newer;
        answers_drop(a, old);
    }
    one = malloc(sizeof *one + target.len + accept.len);
    if (!one)
        return false;
    *one = (struct answer){.response = kept->response,
                           .route = kept->route,
                           .version = kept->version,
                           .tag = kept->tag,
                           .bytes = bytes,
                           .body = kept->body,
                           .target_len = target.len,
                           .accept_len = accept.len};
    memcpy(one->key, target.data, target.len);
    if (accept.len)
        memcpy(one->key + target.len, accept.data, accept.len);
    one->hash = hash_of(a, target, accept);
    one->chain = a->buckets[one->hash & a->mask];
    a->buckets[one->hash & a->mask] = one;
    list_push(a, one);
    a->bytes += bytes;
    return true;
}
