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

/* Below this every integer is a double, and every double is an exact integer product. */
#define EXACT_MAX 9007199254740992.0

/* Appends digits with `places` of them after the point. */
static void out_decimal(struct buf *b, uint64_t digits, int places, bool negative)
{
    char text[32];
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

/*
 * Most values that people store have few decimals. d / 10^k is correctly rounded (both are
 * exact doubles, IEEE 754), so if it gives the value back, then so does reading "d e-k";
 * and the smallest such k is the shortest form.
 */
static bool out_short(struct buf *b, double value)
{
    static const double power[] = {1,   1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                   1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    double size = fabs(value);

    if (size >= 1e15 || (size < 1e-5 && size != 0))
        return false;
    for (int k = 1; k <= 15; k++) {
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

void json_out_real(struct buf *b, double value)
{
    char text[40];

    if (isinf(value)) {
        buf_add_text(b, value < 0 ? "\"-Infinity\"" : "\"Infinity\"");
        return;
    }
    if (out_short(b, value))
        return;
    /* Fifteen digits always read back for a normal double; a subnormal may need but one. */
    for (int precision = fabs(value) < DBL_MIN ? 1 : 15; precision <= 17; precision++) {
        snprintf(text, sizeof text, "%.*g", precision, value);
        if (strtod(text, NULL) == value)
            break;
    }
    buf_add_text(b, text);
    if (!strpbrk(text, ".e"))
        buf_add(b, ".0", 2);
}
