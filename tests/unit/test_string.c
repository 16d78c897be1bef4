/*
 * The copying of third_party/musl, under other names, against the C library's.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit.h"

#include <string.h>

void *own_memcpy(void *restrict to, const void *restrict from, size_t n);
void *own_memmove(void *to, const void *from, size_t n);
int own_memcmp(const void *left, const void *right, size_t n);

#define memcpy  own_memcpy
#define memmove own_memmove
#define memcmp  own_memcmp
#include "../../third_party/musl/string.c"
#undef memcpy
#undef memmove
#undef memcmp

enum { MOST = 2100, ROOM = 3 * MOST };

static void fill(unsigned char *p, unsigned seed)
{
    for (size_t i = 0; i < ROOM; i++) {
        seed = seed * 1103515245 + 12345;
        p[i] = (unsigned char)(seed >> 16);
    }
}

static size_t next_size(size_t n)
{
    return n < 140 ? n + 1 : n + 37;
}

static void copies(void **state)
{
    static unsigned char from[ROOM], to[ROOM], expected[ROOM];
    (void)state;

    fill(from, 1);
    for (size_t n = 0; n < MOST; n = next_size(n)) {
        for (size_t at = 0; at < 9; at++) {
            fill(to, 2);
            fill(expected, 2);
            assert_ptr_equal(own_memcpy(to + 3 + at, from + at, n), to + 3 + at);
            memcpy(expected + 3 + at, from + at, n);
            assert_int_equal(memcmp(to, expected, ROOM), 0);
        }
    }
}

static void moves_that_overlap(void **state)
{
    static const int by[] = {-200, -64, -17, -16, -15, -9, -8, -2, -1, 0,
                             1,    2,   7,   8,   15,  16, 17, 33, 300};
    static unsigned char moved[ROOM], expected[ROOM];
    (void)state;

    for (size_t n = 0; n < MOST; n = next_size(n)) {
        for (size_t i = 0; i < sizeof by / sizeof *by; i++) {
            unsigned char *from = moved + 400;

            fill(moved, 3);
            fill(expected, 3);
            assert_ptr_equal(own_memmove(from + by[i], from, n), from + by[i]);
            memmove(expected + 400 + by[i], expected + 400, n);
            assert_int_equal(memcmp(moved, expected, ROOM), 0);
        }
    }
}

static int sign(int n)
{
    return n < 0 ? -1 : n > 0;
}

static void compares(void **state)
{
    static unsigned char a[ROOM], b[ROOM];
    (void)state;

    for (size_t n = 0; n < 140; n++) {
        for (size_t at = 0; at <= n; at++) { /* the byte that differs; n: past the end */
            fill(a, 4);
            fill(b, 4);
            b[at + 1] = (unsigned char)(b[at + 1] + 0x81);
            b[at + 5] = (unsigned char)(b[at + 5] ^ 0xff);
            assert_int_equal(sign(own_memcmp(a + 1, b + 1, n)), sign(memcmp(a + 1, b + 1, n)));
            assert_int_equal(sign(own_memcmp(b + 1, a + 1, n)), sign(memcmp(b + 1, a + 1, n)));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copies),
        cmocka_unit_test(moves_that_overlap),
        cmocka_unit_test(compares),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
