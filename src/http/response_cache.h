/*
 * Answers that a loop keeps to give again: whole libmicrohttpd responses to plain GETs, for as
 * long as the loop's snapshot shows the same database. Bounded in bytes; the one asked for longest
 * ago goes first. One thread: the loop's.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_HTTP_RESPONSE_CACHE_H
#define THIMBLE_HTTP_RESPONSE_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/slice.h"

struct MHD_Response;
struct route;

/* A database that changes more often than this keeps no answers: they would not be asked for. */
#define RESPONSE_CACHE_STILL_US 20000

/* The version of an answer that always holds. */
#define RESPONSE_CACHE_ALWAYS UINT64_MAX

struct cached_response {
    struct cached_response *chain, *older, *newer;
    struct MHD_Response *response; /* one reference */
    const struct route *route;
    uint64_t hash;
    uint64_t version;  /* of the snapshot it was read from (reader_version) */
    uint64_t tag;      /* its entity tag, 0: none */
    size_t bytes;      /* what it counts for */
    size_t body;       /* bytes of its body */
    uint64_t who[2];   /* the key: who asked… */
    size_t target_len; /* …for the request target and Accept, one after the other */
    size_t accept_len;
    char key[];
};

struct response_cache {
    struct cached_response **buckets; /* NULL: nothing is kept */
    size_t mask;
    struct cached_response *oldest, *newest;
    size_t bytes, max;
    uint64_t seed; /* nobody outside can choose targets that collide */
};

/* Room for `max` bytes; 0: keeps nothing. False with ERROR_MEMORY. */
bool response_cache_init(struct response_cache *a, size_t max, uint64_t seed, struct error *e)
    __attribute__((warn_unused_result));
void response_cache_finish(struct response_cache *a);

/* What equal requests have in common. */
struct response_key {
    struct slice target, accept;
    uint64_t who[2]; /* a principal's id (access/principal.h); 0, 0: it does not matter who asks */
};

/* The answer kept for this request, or NULL; whether its version still holds is for the caller to
 * see, who gives up one that does not with response_cache_drop. */
struct cached_response *response_cache_find(struct response_cache *a,
                                            const struct response_key *key);
void response_cache_drop(struct response_cache *a, struct cached_response *answer);

/* False for a body that is too large to be kept. */
bool response_cache_fits(const struct response_cache *a, size_t body);

/* What is to be kept: as in struct cached_response. */
struct response_kept {
    struct MHD_Response *response;
    const struct route *route;
    uint64_t version, tag;
    size_t body;
};

/* Keeps the answer, and takes the caller's reference to its response. False if it does not: the
 * reference stays with the caller. */
bool response_cache_keep(struct response_cache *a, const struct response_key *key,
                         const struct response_kept *kept);

#endif
