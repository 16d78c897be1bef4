/*
 * The plans that an event loop keeps by the shapes of the requests that had them (--plan-cache): a request
 * of a known shape builds no SQL and looks no name up. The whole shape is compared, and the catalogue is
 * the same one: what a role may know is in it. The one asked for longest ago goes first. A shape is kept
 * when it is seen for the second time. One thread: the loop's.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_RESOURCE_PLAN_CACHE_H
#define THIMBLE_RESOURCE_PLAN_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/metrics.h"
#include "resource/request_shape.h"

struct call;
struct cached_plan;

struct plan_cache {
    struct cached_plan **buckets; /* NULL: nothing is kept */
    uint64_t *seen;               /* hashes of shapes, at the places of the buckets */
    size_t mask;
    size_t n, max;
    struct cached_plan *oldest, *newest;
    uint64_t seed; /* nobody outside can choose shapes that collide */
    struct counter hits, misses, evicted;
};

/* Room for `max` plans; 0: keeps none. False with ERROR_MEMORY. */
bool plan_cache_init(struct plan_cache *cache, size_t max, uint64_t seed, struct error *e)
    __attribute__((warn_unused_result));
void plan_cache_finish(struct plan_cache *cache);

/* Gives up all of them. */
void plan_cache_clear(struct plan_cache *cache);

/* What is known of a request while it is planned. */
struct plan_look {
    enum request_kind kind;
    bool keep; /* its plan is to be kept */
    uint64_t hash;
    struct request_shape shape;
};

enum plan_found {
    PLAN_UNKNOWN, /* it is to be planned */
    PLAN_KNOWN,   /* the call is as it would be: table, media type, options, limit and offset */
    PLAN_FAILED,  /* the call's error says why there is no answer */
};

/* Before a list or a row is read: is there a plan for the request? It is borrowed until the next look. */
enum plan_found plan_cache_find(struct call *call, enum request_kind kind, struct plan_look *look,
                                struct plan *plan);

/* After it was planned, with options.sources where look->keep says so. */
void plan_cache_keep(struct call *call, const struct plan_look *look, const struct plan *plan);

#endif
