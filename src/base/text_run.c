/*
 * How much of a text stands for itself.
 *
 * SPDX-License-Identifier: MIT
 */
#include <endian.h>

#include "base/text.h"

static const uint64_t ones = 0x0101010101010101ULL, highs = 0x8080808080808080ULL;

/* Marks the bytes that are zero: one after such may be marked, too. */
static inline uint64_t zeroes(uint64_t w)
{
    return (w - ones) & ~w;
}

/* The highest bit of the first of the eight bytes, counted from the lowest, that is no printable ASCII, or
 * one of the two, and of others perhaps; 0: none is ("Bit Twiddling Hacks", determine if a word has a byte
 * less than n / equal to n). What is borrowed goes upwards only. */
static inline uint64_t specials(uint64_t w, char first, char second)
{
    uint64_t a = w ^ (ones * (unsigned char)first), b = w ^ (ones * (unsigned char)second);

    return (w | (w - ones * 0x20) | zeroes(a) | zeroes(b)) & highs;
}

/* Which byte a mark is of. */
static inline size_t place_of(uint64_t found)
{
    return (size_t)__builtin_ctzll(found) / 8;
}

static inline uint64_t word_at(const char *p)
{
    uint64_t w;

    memcpy(&w, p, sizeof w);
    return le64toh(w);
}

static inline uint64_t half_at(const char *p)
{
    uint32_t half;

    memcpy(&half, p, sizeof half);
    return le32toh(half);
}

/* Of four to seven bytes: the two halves overlap. */
static inline size_t run_in_few(struct slice s, char first, char second)
{
    size_t at = s.len - 4;
    uint64_t w = half_at(s.data) | half_at(s.data + at) << 32;
    uint64_t found = specials(w, first, second);

    if (!found)
        return s.len;
    if (place_of(found) < 4)
        return place_of(found);
    return at + place_of(found) - 4;
}

static inline bool is_special(char c, char first, char second)
{
    unsigned char u = (unsigned char)c;

    return u < 0x20 || u >= 0x80 || c == first || c == second;
}

/* The bytes before the first that is special. */
static inline size_t run_before(struct slice s, char first, char second)
{
    uint64_t found;
    size_t i = 0;

    for (; i + 8 <= s.len; i += 8) {
        found = specials(word_at(s.data + i), first, second);
        if (found)
            return i + place_of(found);
    }
    if (i == s.len)
        return i;
    if (s.len >= 8) { /* the rest, and some of what came before */
        found = specials(word_at(s.data + s.len - 8), first, second);
        return found ? s.len - 8 + place_of(found) : s.len;
    }
    if (s.len >= 4)
        return run_in_few(s, first, second);
    while (i < s.len && !is_special(s.data[i], first, second))
        i++;
    return i;
}

size_t text_plain_run(struct slice s)
{
    return run_before(s, '"', '\\');
}

size_t text_bare_run(struct slice s)
{
    return run_before(s, '"', ',');
}

size_t text_ascii_run(struct slice s)
{
    size_t i = 0;

    while (i + 8 <= s.len && !(word_at(s.data + i) & highs))
        i += 8;
    return i;
}
