/*
 * Where libmicrohttpd's connections have their memory pools (memorypool.c, which share_pages.patch
 * has ask here in place of malloc). A pool of 32 kB is written at its two ends: a request and the
 * head of its answer at the beginning, in 2 and 1 kB, the records of its header fields at the end.
 * Pools that lie one behind the other and do not begin with a page have one in common: a
 * connection takes one page instead of two.
 * Any thread. With THIMBLE_PLAIN_POOLS malloc gives them, for the sanitizers to look at.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_LIBMICROHTTPD_POOLS_H
#define THIMBLE_LIBMICROHTTPD_POOLS_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#ifdef THIMBLE_PLAIN_POOLS

#define pools_take(size)       malloc(size)
#define pools_give(pool, size) free(pool)

#else

#include <pthread.h>
#include <sys/mman.h>

#define POOLS_PAGE     ((size_t)4096)
#define POOLS_SHIFT    ((size_t)1024) /* where in a page they begin */
#define POOLS_IN_BLOCK 64             /* a bit for each */

struct pools_block {
    struct pools_block *next;
    size_t stride;
    uint64_t taken;
};

static struct pools_block *pools_blocks;
static pthread_mutex_t pools_lock = PTHREAD_MUTEX_INITIALIZER;

static inline size_t pools_bytes(size_t stride)
{
    return stride * POOLS_IN_BLOCK + POOLS_PAGE;
}

/* Of one block, after its head; a large page would be touched whole. */
static inline uint8_t *pools_start(struct pools_block *block)
{
    return (uint8_t *)block + POOLS_SHIFT;
}

static inline struct pools_block *pools_map(size_t stride)
{
    struct pools_block *block;

    if (stride > SIZE_MAX / POOLS_IN_BLOCK - POOLS_PAGE)
        return NULL;
    block =
        mmap(NULL, pools_bytes(stride), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (block == MAP_FAILED)
        return NULL;
    (void)madvise(block, pools_bytes(stride), MADV_NOHUGEPAGE);
    block->next = pools_blocks;
    block->stride = stride;
    pools_blocks = block;
    return block;
}

/* `size` bytes, aligned as malloc's, for pools_give; NULL if there is no memory. */
static inline void *pools_take(size_t size)
{
    size_t stride = (size + POOLS_PAGE - 1) / POOLS_PAGE * POOLS_PAGE;
    struct pools_block *block;
    uint8_t *pool = NULL;

    pthread_mutex_lock(&pools_lock);
    block = pools_blocks;
    while (block && (block->stride != stride || block->taken == UINT64_MAX))
        block = block->next;
    if (!block)
        block = pools_map(stride);
    if (block) {
        unsigned i = (unsigned)__builtin_ctzll(~block->taken);

        block->taken |= UINT64_C(1) << i;
        pool = pools_start(block) + i * stride;
    }
    pthread_mutex_unlock(&pools_lock);
    return pool;
}

/* Gives back what pools_take gave. A block of which nothing is taken goes back to the system, but
 * for the last. */
static inline void pools_give(void *pool, size_t size)
{
    struct pools_block **at = &pools_blocks, *block;
    uintptr_t p = (uintptr_t)pool;
    size_t i;
    (void)size;

    pthread_mutex_lock(&pools_lock);
    while (p - (uintptr_t)*at >= pools_bytes((*at)->stride))
        at = &(*at)->next;
    block = *at;
    i = (size_t)((uint8_t *)pool - pools_start(block)) / block->stride;
    block->taken &= ~(UINT64_C(1) << i);
    if (!block->taken && (block != pools_blocks || block->next)) {
        *at = block->next;
        munmap(block, pools_bytes(block->stride));
    }
    pthread_mutex_unlock(&pools_lock);
}

#endif
#endif
