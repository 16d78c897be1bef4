/* SPDX-License-Identifier: MIT */
#include "base/parse.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"

bool parse_int64(struct slice s, int64_t *out)
{
    bool negative = s.len && s.data[0] == '-';
    size_t i = s.len && (s.data[0] == '-' || s.data[0] == '+');
    int64_t value = 0;

    if (i == s.len)
        return false;
    for (; i < s.len; i++) {
        int digit = s.data[i] - '0';

        if (digit < 0 || digit > 9 || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_sub_overflow(value, digit, &value)) /* downwards: INT64_MIN fits */
            return false;
    }
    if (!negative && value == INT64_MIN)
        return false;
    *out = negative ? value : -value;
    return true;
}

static size_t skip_digits(struct slice s, size_t i)
{
    while (i < s.len && s.data[i] >= '0' && s.data[i] <= '9')
        i++;
    return i;
}

/* [+-] digits [. digits] [e [+-] digits], with a digit on one side of the point. */
static bool looks_decimal(struct slice s)
{
    size_t i = s.len && (s.data[0] == '-' || s.data[0] == '+');
    size_t whole = skip_digits(s, i), end = whole, exponent;
    bool digits = whole > i;

    if (end < s.len && s.data[end] == '.') {
        size_t fraction = skip_digits(s, end + 1);

        digits = digits || fraction > end + 1;
        end = fraction;
    }
    if (!digits)
        return false;
    if (end < s.len && (s.data[end] == 'e' || s.data[end] == 'E')) {
        end++;
        end += end < s.len && (s.data[end] == '-' || s.data[end] == '+');
        exponent = skip_digits(s, end);
        if (exponent == end)
            return false;
        end = exponent;
    }
    return end == s.len;
}

/* Digits after an optional sign; what no number's exponent needs is cut. */
static int64_t read_exponent(struct slice s, size_t i)
{
    const int64_t huge = (int64_t)1 << 40;
    bool negative = i < s.len && s.data[i] == '-';
    int64_t value = 0;

    for (i += i < s.len && (s.data[i] == '-' || s.data[i] == '+'); i < s.len; i++)
        value = value < huge ? value * 10 + (s.data[i] - '0') : huge;
    return negative ? -value : value;
}

/* value × 10^n; false past 64 bits. */
static bool scale(int64_t *value, int64_t n)
{
    while (*value != 0 && n-- > 0) {
        if (__builtin_mul_overflow(*value, 10, value))
            return false;
    }
    return true;
}

bool parse_whole(struct slice s, int64_t *out)
{
    bool negative = s.len && s.data[0] == '-', fraction = false;
    int64_t value = 0, exponent = 0, zeros = 0; /* zeros that are not yet in the value */
    size_t i = s.len && (s.data[0] == '-' || s.data[0] == '+');

    if (!looks_decimal(s))
        return false;
    for (; i < s.len && s.data[i] != 'e' && s.data[i] != 'E'; i++) {
        int digit = s.data[i] - '0';

        if (s.data[i] == '.') {
            fraction = true;
            continue;
        }
        exponent -= fraction;
        if (digit == 0) {
            zeros++;
            continue;
        }
        if (!scale(&value, zeros + 1) || __builtin_sub_overflow(value, digit, &value))
            return false; /* downwards: INT64_MIN fits */
        zeros = 0;
    }
    exponent += zeros + read_exponent(s, i + 1);
    if (value != 0 && (exponent < 0 || !scale(&value, exponent)))
        return false;
    if (!negative && value == INT64_MIN)
        return false;
    *out = negative ? value : -value;
    return true;
}

/*
 * As strtod of any length: of digits past 800 only whether one is not zero can matter (the longest
 * tie between two doubles has 767).
 */
static double long_double(struct slice s)
{
    enum { DIGITS_MAX = 800 };
    char text[DIGITS_MAX + 32];
    size_t i = s.data[0] == '-' || s.data[0] == '+', n = 0, digits = 0;
    bool fraction = false, more = false;
    int64_t exponent = 0;

    if (s.data[0] == '-')
        text[n++] = '-';
    text[n++] = '0'; /* there may be no other */
    for (; i < s.len && s.data[i] != 'e' && s.data[i] != 'E'; i++) {
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
        more = more || s.data[i] != '0';
        exponent++;
    }
    exponent += read_exponent(s, i + 1);
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
    bool negative = s.len && s.data[0] == '-';
    uint64_t digits = 0;
    size_t i = negative, n = 0, point = SIZE_MAX;

    if (s.len > 17)
        return false;
    for (; i < s.len; i++) {
        if (s.data[i] >= '0' && s.data[i] <= '9') {
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
    *out = (double)digits / power[point == SIZE_MAX ? 0 : n - point];
    *out = negative ? -*out : *out;
    return true;
}

bool parse_double(struct slice s, double *out)
{
    char text[128];
    double value;

    if (short_double(s, out))
        return true;
    if (!looks_decimal(s))
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

bool parse_size(struct slice s, int64_t *out)
{
    static const struct {
        const char *name;
        int64_t factor;
    } units[] = {
        {"", 1},          {"B", 1},       {"KB", 1000},   {"MB", 1000000},  {"GB", 1000000000},
        {"K", 1 << 10},   {"M", 1 << 20}, {"G", 1 << 30}, {"KiB", 1 << 10}, {"MiB", 1 << 20},
        {"GiB", 1 << 30},
    };
    size_t digits = skip_digits(s, 0);
    struct slice unit = slice_make(s.data + digits, s.len - digits);
    int64_t number;

    if (!parse_int64(slice_make(s.data, digits), &number))
        return false;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (text_equal_nocase(unit, slice_from(units[i].name)))
            return !__builtin_mul_overflow(number, units[i].factor, out);
    }
    return false;
}

static int64_t duration_factor(struct slice unit)
{
    if (slice_is(unit, "ms"))
        return 1;
    if (unit.len == 0 || slice_is(unit, "s"))
        return 1000;
    if (slice_is(unit, "m"))
        return 60000;
    return slice_is(unit, "h") ? 3600000 : 0;
}

bool parse_duration_ms(struct slice s, int64_t *out)
{
    int64_t total = 0, number;

    for (size_t at = 0; at < s.len || at == 0;) {
        size_t digits = skip_digits(s, at), end = digits;
        int64_t factor;

        while (end < s.len && s.data[end] >= 'a' && s.data[end] <= 'z')
            end++;
        factor = duration_factor(slice_make(s.data + digits, end - digits));
        if (!parse_int64(slice_make(s.data + at, digits - at), &number) || !factor ||
            (end == digits && (at > 0 || end < s.len)) ||
            __builtin_mul_overflow(number, factor, &number) ||
            __builtin_add_overflow(total, number, &total))
            return false;
        at = end;
    }
    *out = total;
    return true;
}

bool parse_bool(struct slice s, bool *out)
{
    static const char *const words[][2] = {
        {"off", "on"}, {"false", "true"}, {"no", "yes"}, {"0", "1"}};

    for (size_t i = 0; i < 4; i++) {
        for (int value = 0; value < 2; value++) {
            if (text_equal_nocase(s, slice_from(words[i][value]))) {
                *out = value == 1;
                return true;
            }
        }
    }
    return false;
}
