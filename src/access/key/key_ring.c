/* SPDX-License-Identifier: MIT */
#include "access/key/key_ring.h"

void key_ring_init(struct key_ring *ring)
{
    memset(ring, 0, sizeof *ring);
    pthread_mutex_init(&ring->lock, NULL);
}

void key_ring_finish(struct key_ring *ring)
{
    token_keys_drop(ring->keys);
    ring->keys = NULL;
    pthread_mutex_destroy(&ring->lock);
}

void key_ring_set(struct key_ring *ring, struct token_keys *keys)
{
    struct token_keys *old;

    pthread_mutex_lock(&ring->lock);
    old = ring->keys;
    ring->keys = keys;
    atomic_fetch_add_explicit(&ring->version, 1, memory_order_release);
    pthread_mutex_unlock(&ring->lock);
    token_keys_drop(old);
}

struct token_keys *key_ring_get(struct key_ring *ring, uint64_t *version)
{
    struct token_keys *keys;

    pthread_mutex_lock(&ring->lock);
    keys = token_keys_hold(ring->keys);
    *version = key_ring_version(ring);
    pthread_mutex_unlock(&ring->lock);
    return keys;
}

bool key_ring_ask(struct key_ring *ring, int64_t now_us)
{
    int64_t again = atomic_load_explicit(&ring->ask_again, memory_order_relaxed);

    if (!atomic_load_explicit(&ring->may_ask, memory_order_relaxed))
        return false;
    if (now_us >= again &&
        atomic_compare_exchange_strong(&ring->ask_again, &again, now_us + KEY_RING_ASK_US))
        atomic_store(&ring->asked, true);
    return atomic_load(&ring->asked);
}
