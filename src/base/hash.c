/* SPDX-License-Identifier: MIT */
#include "base/hash.h"

#include <string.h>

/* Odd, half of their bits set: the first digits of pi and of e, in hexadecimal. */
#define FIRST  UINT64_C(0x3243f6a8885a308d)
#define SECOND UINT64_C(0xb7e151628aed2a6b)

/* Both halves of the product, one over the other: each bit of it comes from all bits of both. */
static uint64_t fold(uint64_t a, uint64_t b)
{
    __extension__ unsigned __int128 product = (unsigned __int128)a * b;

    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t load(const char *data, size_t len)
{
    uint64_t word = 0;

    memcpy(&word, data, len);
    return word;
}

uint64_t hash_bytes(struct slice s, uint64_t seed)
{
    uint64_t h = fold(seed ^ FIRST, s.len ^ SECOND);
    size_t i = 0;

    for (; s.len - i >= 16; i += 16)
        h = fold(load(s.data + i, 8) ^ FIRST, load(s.data + i + 8, 8) ^ h);
    if (s.len - i >= 8) {
        h = fold(load(s.data + i, 8) ^ FIRST, h ^ SECOND);
        i += 8;
    }
    if (s.len > i)
        h = fold(load(s.data + i, s.len - i) ^ SECOND, h ^ FIRST);
    return fold(h ^ FIRST, SECOND);
}
