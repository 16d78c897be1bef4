/*
 * The keys that are in force, for all threads: a set that is changed as a whole. Event loops look at a
 * number to see whether it is still theirs, and take the lock only if it is not.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_ACCESS_KEY_KEY_RING_H
#define THIMBLE_ACCESS_KEY_KEY_RING_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "access/key/token_keys.h"

struct key_ring {
    pthread_mutex_t lock;     /* guards `keys` */
    struct token_keys *keys;  /* one reference; NULL: none yet */
    _Atomic uint64_t version; /* moves with each set, from 0 */

    /* Of a source that is asked over the network (access/key/key_watch.h). */
    _Atomic bool may_ask;      /* there is one */
    _Atomic bool asked;        /* a token names a key that is not here: look for it */
    _Atomic int64_t ask_again; /* clock_us; no sooner */
};

/* A name that is not known is asked for once in so long. */
#define KEY_RING_ASK_US ((int64_t)30000000)

void key_ring_init(struct key_ring *ring);
void key_ring_finish(struct key_ring *ring); /* after all threads */

/* Puts another set in force, and takes the reference. */
void key_ring_set(struct key_ring *ring, struct token_keys *keys);

/* The set in force, a reference, and its version; NULL: none yet. */
struct token_keys *key_ring_get(struct key_ring *ring, uint64_t *version);

static inline uint64_t key_ring_version(const struct key_ring *ring)
{
    return atomic_load_explicit(&ring->version, memory_order_acquire);
}

/* Asks for keys that came meanwhile. True if somebody looks for them now, so that the same token may be
 * known soon; false: nobody does, or it was asked a short time ago. Any thread. */
bool key_ring_ask(struct key_ring *ring, int64_t now_us);

#endif
