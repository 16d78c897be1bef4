/*
 * What rows are written with: how much of a text stands for itself, numbers.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "query/json_out.h"
#include "query/shortest.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* ---- text */

/* Up to this length every place of a word, and of the word before the last, is met. */
#define LENGTHS 26

static bool is_plain(unsigned char c, unsigned char first, unsigned char second)
{
    return c >= 0x20 && c < 0x80 && c != first && c != second;
}

static size_t plain_before(struct slice s, unsigned char first, unsigned char second)
{
    size_t n = 0;

    while (n < s.len && is_plain((unsigned char)s.data[n], first, second))
        n++;
    return n;
}

/* Each byte at each place of a text of each length, alone and before another that is special. */
static void runs(void **state)
{
    char text[LENGTHS];
    (void)state;

    for (unsigned c = 0; c < 256; c++) {
        for (size_t len = 0; len <= LENGTHS; len++) {
            for (size_t at = 0; at < len; at++) {
                struct slice s = slice_make(text, len);

                memset(text, 'x', sizeof text);
                text[at] = (char)c;
                assert_int_equal(text_plain_run(s), plain_before(s, '"', '\\'));
                assert_int_equal(text_bare_run(s), plain_before(s, '"', ','));
                assert_true(text_ascii_run(s) <= (c < 0x80 ? len : at));
                text[len - 1] = '"';
                assert_int_equal(text_plain_run(s), plain_before(s, '"', '\\'));
                assert_int_equal(text_bare_run(s), plain_before(s, '"', ','));
            }
        }
    }
}

/* ---- integers */

static void integers(void **state)
{
    struct buf b;
    char text[32];
    (void)state;

    buf_init(&b, 64);
    for (int bit = 0; bit < 63; bit++) {
        for (int near = -101; near <= 101; near++) {
            int64_t value = (int64_t)((uint64_t)1 << bit) + near;

            buf_clear(&b);
            buf_add_int64(&b, value);
            snprintf(text, sizeof text, "%lld", (long long)value);
            assert_true(slice_is(buf_slice(&b), text));
            buf_clear(&b);
            buf_add_int64(&b, -value);
            snprintf(text, sizeof text, "%lld", (long long)-value);
            assert_true(slice_is(buf_slice(&b), text));
        }
    }
    buf_clear(&b);
    buf_add_int64(&b, INT64_MIN);
    assert_true(slice_is(buf_slice(&b), "-9223372036854775808"));
    buf_finish(&b);
}

/* ---- doubles */

static uint64_t next_random(void)
{
    static uint64_t x = 88172645463325252ULL;

    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return x;
}

/* Of all kinds: any bits, few and many places, between two powers of two. */
static double some_double(int kind)
{
    uint64_t r = next_random();
    double any;

    memcpy(&any, &r, sizeof any);
    switch (kind) {
    case 0: return isfinite(any) ? any : 0;
    case 1: return (double)(int64_t)(r >> 20) / pow(10, (double)(r % 18));
    case 2: return ldexp((double)(r >> 11), -(int)(next_random() % 190));
    case 3: return nextafter(ldexp(1, (int)(r % 200) - 150), r & 1024 ? 0 : 1e300);
    case 4: return (double)(r >> (next_random() % 64));
    default: return (double)(r >> 11) / 9007199254740992.0;
    }
}

/* It reads back, one digit less does not, and no other of as many is nearer. */
static void check_shortest(double value, const struct decimal *d)
{
    char text[64], nearest[64];
    int n = snprintf(text, sizeof text, "%llu", (unsigned long long)d->digits);

    snprintf(nearest, sizeof nearest, "%.*e", n - 1, fabs(value));
    assert_int_equal(nearest[0], text[0]);
    if (n > 1)
        assert_memory_equal(nearest + 2, text + 1, (size_t)n - 1);
    snprintf(text + n, sizeof text - (size_t)n, "e%d", d->exponent);
    assert_true(strtod(text, NULL) == fabs(value));
    if (n > 1) {
        snprintf(text, sizeof text, "%.*e", n - 2, fabs(value));
        assert_true(strtod(text, NULL) != fabs(value));
    }
}

static void doubles(void **state)
{
    int found = 0;
    struct buf b;
    (void)state;

    buf_init(&b, 64);
    for (int i = 0; i < 300000; i++) {
        double value = some_double(i % 6);
        struct decimal d;

        if (shortest_decimal(value, &d)) {
            check_shortest(value, &d);
            found++;
        }
        buf_clear(&b);
        json_out_real(&b, -value);
        buf_add_char(&b, '\0');
        assert_true(strtod(b.data, NULL) == -value);
        assert_non_null(strpbrk(b.data, ".e"));
    }
    assert_true(found > 150000);
    buf_finish(&b);
}

static void doubles_are_written_as_ever(void **state)
{
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        {9007199254740991, "9007199254740991.0"},
        {9007199254740992, "9007199254740992.0"},
        {5e15, "5e+15"},
        {1234567890123456, "1234567890123456.0"},
        {1.2345678901234567e17, "1.2345678901234566e+17"},
        {0.1 + 0.2, "0.30000000000000004"},
        {65536.00000000001, "65536.00000000001"},
        {1.5e-5, "0.000015"},
        {0.000012345678901234568, "1.2345678901234568e-05"},
        {0.00012345678901234567, "0.00012345678901234567"},
        {1.5e-7, "1.5e-07"},
        {1e-10, "1e-10"},
        {1.0000000000000002, "1.0000000000000002"},
        {9.5367431640625e-07, "9.5367431640625e-07"},
        {2.2250738585072014e-308, "2.2250738585072014e-308"},
        {1.7976931348623157e308, "1.7976931348623157e+308"},
        {1e-39, "1e-39"},
        {123456.75, "123456.75"},
    };
    struct buf b;
    (void)state;

    buf_init(&b, 64);
    for (size_t i = 0; i < COUNT(cases); i++) {
        buf_clear(&b);
        json_out_real(&b, cases[i].value);
        buf_add_char(&b, '\0');
        assert_string_equal(b.data, cases[i].text);
    }
    buf_finish(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs),
        cmocka_unit_test(integers),
        cmocka_unit_test(doubles),
        cmocka_unit_test(doubles_are_written_as_ever),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
