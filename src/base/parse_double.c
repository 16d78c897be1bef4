/*
 * Text as a double: the fast way for few digits, strtod for the others.
 *
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/ascii.h"
#include "base/parse.h"
#include "base/parse_decimal.h"

/*
 * As strtod of any length: of digits past 800 only whether one is not zero can matter (the longest
 * tie between two doubles has 767).
 */
static double long_double(struct slice s)
{
    enum { DIGITS_MAX = 800 };
    char text[DIGITS_MAX + 32];
    size_t i = decimal_is_sign(s.data[0]), n = 0, digits = 0;
    bool fraction = false, more = false;
    int64_t exponent = 0;

    if (s.data[0] == '-')
        text[n++] = '-';
    text[n++] = '0'; /* there may be no other */
    for (; i < s.len && !decimal_is_exponent(s.data[i]); i++) {
        if (s.data[i] == '.') {
            fraction = true;
            continue;
        }
        exponent -= fraction;
        if (digits == 0 && s.data[i] == '0')
            continue;
        if (digits++ < DIGITS_MAX) {
            text[n++] = s.data[i];
            continue;
        }
        more |= s.data[i] != '0';
        exponent++;
    }
    exponent += decimal_exponent(s, i + 1);
    if (more) {
        text[n++] = '1';
        exponent--;
    }
    snprintf(text + n, sizeof text - n, "e%lld", (long long)exponent);
    return strtod(text, NULL);
}

/*
 * Few digits and no exponent: both the digits and the power of ten are doubles without error, so
 * that one division rounds as strtod does (Clinger, "How to read floating point numbers
 * accurately", 1990).
 */
static bool short_double(struct slice s, double *out)
{
    static const double power[] = {1,   1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                   1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    bool negative = decimal_char(s, 0) == '-';
    uint64_t digits = 0;
    size_t n = 0, point = SIZE_MAX, decimals = 0;

    if (s.len > 17)
        return false;
    for (size_t i = negative; i < s.len; i++) {
        if (ascii_is_digit(s.data[i])) {
            digits = digits * 10 + (uint64_t)(s.data[i] - '0');
            n++;
        } else if (s.data[i] == '.' && point == SIZE_MAX) {
            point = n;
        } else {
            return false;
        }
    }
    if (n == 0 || n > 15)
        return false;
    if (point != SIZE_MAX)
        decimals = n - point;
    *out = (double)digits / power[decimals];
    if (negative)
        *out = -*out;
    return true;
}

bool parse_double(struct slice s, double *out)
{
    char text[128];
    double value;

    if (short_double(s, out))
        return true;
    if (!decimal_is(s))
        return false;
    if (s.len < sizeof text) {
        memcpy(text, s.data, s.len);
        text[s.len] = '\0';
        value = strtod(text, NULL); /* the program never leaves the C locale */
    } else {
        value = long_double(s);
    }
    if (!isfinite(value))
        return false;
    *out = value;
    return true;
}
