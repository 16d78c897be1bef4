/*
 * What is read of records' bytes and not given yet.
 *
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "base/records_scan.h"

#define CHUNK ((size_t)64 << 10)

/* Room for a chunk after what is not given yet: it moves to the front, or the memory grows. */
static bool make_chunk_room(struct records *r, struct error *e)
{
    size_t kept = r->end - r->start, cap = r->cap ? r->cap : 2 * CHUNK;
    char *data;

    if (kept && r->start)
        memmove(r->data, r->data + r->start, kept);
    r->scan -= r->start;
    r->start = 0;
    r->end = kept;
    while (cap - kept < CHUNK)
        cap *= 2;
    if (cap == r->cap)
        return true;
    data = r->data ? memory_realloc(r->data, cap) : memory_alloc(r->use, cap);
    if (!data)
        return error_set(e, ERROR_MEMORY, "out of memory");
    r->data = data;
    r->cap = cap;
    return true;
}

bool records_fill(struct records *r, struct error *e)
{
    ssize_t n;

    if (!make_chunk_room(r, e))
        return false;
    n = r->read(r->context, r->data + r->end, CHUNK, e);
    if (n < 0)
        return false;
    r->end += (size_t)n;
    r->eof = n == 0;
    return true;
}

void records_drop(struct records *r, size_t n)
{
    r->start += n;
    r->scan = r->start;
    r->used += (int64_t)n;
}
