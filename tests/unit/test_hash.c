/*
 * The hash: texts that are alike have nothing in common.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"

enum { LONGEST = 200, MANY = 200000 };

static int compare(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

    return (a > b) - (a < b);
}

static void assert_distinct(uint64_t *hashes, size_t n)
{
    qsort(hashes, n, sizeof *hashes, compare);
    for (size_t i = 1; i < n; i++)
        assert_true(hashes[i] != hashes[i - 1]);
}

/* Zeros of each length, and each with one byte changed, in each place. */
static void lengths_and_places_count(void **state)
{
    static uint64_t hashes[LONGEST * (LONGEST + 1)];
    static char text[LONGEST];
    size_t n = 0;
    (void)state;

    for (size_t len = 0; len < LONGEST; len++) {
        hashes[n++] = hash_bytes(slice_make(text, len), 0);
        for (size_t at = 0; at < len; at++) {
            text[at] = 1;
            hashes[n++] = hash_bytes(slice_make(text, len), 0);
            text[at] = 0;
        }
    }
    assert_distinct(hashes, n);
}

static void numbers_count(void **state)
{
    static uint64_t hashes[MANY];
    char text[64];
    (void)state;

    for (int i = 0; i < MANY; i++) {
        int len = snprintf(text, sizeof text, "[{\"id\":1,\"born\":%d,\"name\":\"x\"}]", i);

        hashes[i] = hash_bytes(slice_make(text, (size_t)len), 0);
    }
    assert_distinct(hashes, MANY);
}

static int bits(uint64_t word)
{
    return __builtin_popcountll(word);
}

/* One bit of the text, or of the seed, turns about half of the hash's. */
static void each_bit_turns_half(void **state)
{
    char text[48] = "the hash of a text, in 64 bits, is not a digest";
    (void)state;

    for (size_t len = 1; len < sizeof text; len++) {
        uint64_t before = hash_bytes(slice_make(text, len), 7);
        int turned = 0, trials = 0;

        for (size_t bit = 0; bit < len * 8; bit++, trials++) {
            text[bit / 8] ^= (char)(1 << bit % 8);
            turned += bits(before ^ hash_bytes(slice_make(text, len), 7));
            text[bit / 8] ^= (char)(1 << bit % 8);
        }
        assert_in_range(turned / trials, 26, 38);
        assert_in_range(bits(before ^ hash_bytes(slice_make(text, len), 6)), 12, 52);
    }
}

static void the_same_is_the_same(void **state)
{
    char one[] = "..........an answer of some length", two[] = "an answer of some length";
    (void)state;

    for (size_t len = 0; len < sizeof two; len++)
        assert_true(hash_bytes(slice_make(one + 10, len), 3) ==
                    hash_bytes(slice_make(two, len), 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lengths_and_places_count),
        cmocka_unit_test(numbers_count),
        cmocka_unit_test(each_bit_turns_half),
        cmocka_unit_test(the_same_is_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
