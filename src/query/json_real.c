/*
 * Doubles as the shortest decimal that reads back the same.
 *
 * SPDX-License-Identifier: MIT
 */
#include "query/json_out.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "query/shortest.h"

/* 2^50: below it a product with a power of ten tells which integer is nearest, for it is wrong by less
 * than an eighth. */
#define EXACT_MAX 1125899906842624.0

/* Places after the point of a value that is not written with an exponent, but for the rules of %g. */
#define PLACES_MAX 15

/* Tried before the general way: prices, for the most part. */
#define PLACES_FEW 3

/* Appends digits with `places` of them after the point. */
static void out_decimal(struct buf *b, uint64_t digits, int places, bool negative)
{
    char text[64];
    size_t n = 0;

    for (int i = 0; digits || i <= places; i++) {
        if (i == places && places > 0)
            text[sizeof text - ++n] = '.';
        text[sizeof text - ++n] = (char)('0' + digits % 10);
        digits /= 10;
    }
    if (negative)
        text[sizeof text - ++n] = '-';
    buf_add(b, text + sizeof text - n, n);
}

/* True if a value of this size is written without an exponent if it has few places. */
static bool is_middling(double size)
{
    return size < 1e15 && (size >= 1e-5 || size == 0);
}

/*
 * Most values that people store have few decimals. d / 10^k is correctly rounded (both are
 * exact doubles, IEEE 754), so if it gives the value back, then so does reading "d e-k";
 * and the smallest such k is the shortest form.
 */
static bool out_short(struct buf *b, double value, int most_places)
{
    static const double power[PLACES_MAX + 1] = {1,   1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    double size = fabs(value);

    for (int k = 1; k <= most_places; k++) {
        double scaled = size * power[k];
        uint64_t digits;

        if (scaled >= EXACT_MAX)
            return false;
        digits = (uint64_t)(scaled + 0.5); /* the nearest, or it does not divide back */
        if ((double)digits / power[k] == size) {
            out_decimal(b, digits, k, signbit(value) != 0);
            return true;
        }
    }
    return false;
}

/* d.ddde-07, as %g has it. */
static void out_scientific(struct buf *b, const struct decimal *d, int n_digits, bool negative)
{
    int exponent = d->exponent + n_digits - 1;
    char text[32], mark = '-';
    int n = snprintf(text, sizeof text, "%llu", (unsigned long long)d->digits);

    if (negative)
        buf_add_char(b, '-');
    buf_add_char(b, text[0]);
    if (n > 1)
        buf_add_char(b, '.');
    buf_add(b, text + 1, (size_t)n - 1);
    if (exponent >= 0)
        mark = '+';
    buf_addf(b, "e%c%02d", mark, abs(exponent));
}

static int count_digits(uint64_t digits)
{
    int n = 1;

    for (; digits >= 10; digits /= 10)
        n++;
    return n;
}

/* An exponent where %g of as many digits, 15 at least, has one, unless it is middling with few places. */
static void out_shortest(struct buf *b, double value, struct decimal *d)
{
    int n = count_digits(d->digits), exponent = d->exponent + n - 1;
    bool is_plain = is_middling(fabs(value)) && d->exponent >= -PLACES_MAX;

    if (!is_plain && (exponent < -4 || exponent >= (n > 15 ? n : 15))) {
        out_scientific(b, d, n, signbit(value) != 0);
        return;
    }
    for (; d->exponent > -1; d->exponent--)
        d->digits *= 10;
    out_decimal(b, d->digits, -d->exponent, signbit(value) != 0);
}

/* Fifteen digits always read back for a normal double; a subnormal may need but one. */
static void out_by_trial(struct buf *b, double value)
{
    char text[40];

    for (int precision = fabs(value) < DBL_MIN ? 1 : 15; precision <= 17; precision++) {
        snprintf(text, sizeof text, "%.*g", precision, value);
        if (strtod(text, NULL) == value)
            break;
    }
    buf_add_text(b, text);
    if (!strpbrk(text, ".e"))
        buf_add(b, ".0", 2);
}

void json_out_real(struct buf *b, double value)
{
    bool middling = is_middling(fabs(value));
    struct decimal decimal;

    if (isinf(value)) {
        buf_add_text(b, value < 0 ? "\"-Infinity\"" : "\"Infinity\"");
        return;
    }
    if (middling && out_short(b, value, PLACES_FEW))
        return;
    if (shortest_decimal(value, &decimal))
        out_shortest(b, value, &decimal);
    else if (!middling || !out_short(b, value, PLACES_MAX))
        out_by_trial(b, value);
}
