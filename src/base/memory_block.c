/*
 * Blocks of memory: each knows its size and its use, and large ones are mapped.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/memory.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE ((size_t)4096)

/* In front of each block. */
struct head {
    alignas(max_align_t) size_t size; /* of the block, without the head */
    enum memory_use use;
};

static size_t mapped_bytes(size_t size)
{
    return (size + sizeof(struct head) + PAGE - 1) & ~(PAGE - 1);
}

static bool is_mapped(size_t size)
{
    return size >= MEMORY_LARGE;
}

static struct head *head_of(const void *block)
{
    return (struct head *)block - 1;
}

static struct head *get(size_t size)
{
    void *at;

    if (!is_mapped(size))
        return malloc(sizeof(struct head) + size);
    at = mmap(NULL, mapped_bytes(size), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return at == MAP_FAILED ? NULL : at;
}

static void put(struct head *head)
{
    if (is_mapped(head->size))
        munmap(head, mapped_bytes(head->size));
    else
        free(head);
}

void *memory_alloc(enum memory_use use, size_t size)
{
    struct head *head;

    if (!memory_take(use, size))
        return NULL;
    head = get(size);
    if (!head) {
        memory_give(use, size);
        return NULL;
    }
    head->size = size;
    head->use = use;
    return head + 1;
}

void memory_free(void *block)
{
    struct head *head;

    if (!block)
        return;
    head = head_of(block);
    memory_give(head->use, head->size);
    put(head);
}

/* From one kind of block to the other. */
static struct head *move(struct head *head, size_t size)
{
    struct head *fresh = get(size);

    if (!fresh)
        return NULL;
    memcpy(fresh, head, sizeof *head + (size < head->size ? size : head->size));
    put(head);
    return fresh;
}

static struct head *resize(struct head *head, size_t size)
{
    void *at;

    if (is_mapped(size) != is_mapped(head->size))
        return move(head, size);
    if (!is_mapped(size))
        return realloc(head, sizeof *head + size);
    at = mremap(head, mapped_bytes(head->size), mapped_bytes(size), MREMAP_MAYMOVE);
    return at == MAP_FAILED ? NULL : at;
}

void *memory_realloc(void *block, size_t size)
{
    struct head *head = head_of(block);
    enum memory_use use = head->use;
    size_t before = head->size;

    if (size > before && !memory_take_more(use, before, size))
        return NULL;
    head = resize(head, size);
    if (!head) {
        if (size > before)
            memory_give(use, size - before);
        return NULL;
    }
    if (size < before)
        memory_give(use, before - size);
    head->size = size;
    return head + 1;
}

size_t memory_size(const void *block)
{
    return head_of(block)->size;
}
