/* SPDX-License-Identifier: MIT */
#include "base/parse.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/ascii.h"
#include "base/text.h"

/* The character at `i`; '\0' past the end. */
static char char_at(struct slice s, size_t i)
{
    if (i < s.len)
        return s.data[i];
    return '\0';
}

static bool is_sign(char c)
{
    return c == '-' || c == '+';
}

static bool is_exponent_mark(char c)
{
    return c == 'e' || c == 'E';
}

/* Appends a digit to a value that is built downwards, so that INT64_MIN fits. */
static bool add_digit(int64_t *value, int digit)
{
    if (__builtin_mul_overflow(*value, 10, value))
        return false;
    return !__builtin_sub_overflow(*value, digit, value);
}

/* What was built downwards, with its sign. */
static bool finish_integer(int64_t value, bool negative, int64_t *out)
{
    if (!negative && value == INT64_MIN)
        return false;
    *out = value;
    if (!negative)
        *out = -value;
    return true;
}

bool parse_int64(struct slice s, int64_t *out)
{
    bool negative = char_at(s, 0) == '-';
    size_t i = is_sign(char_at(s, 0));
    int64_t value = 0;

    if (i == s.len)
        return false;
    for (; i < s.len; i++) {
        if (!ascii_is_digit(s.data[i]))
            return false;
        if (!add_digit(&value, s.data[i] - '0'))
            return false;
    }
    return finish_integer(value, negative, out);
}

static size_t skip_digits(struct slice s, size_t i)
{
    while (i < s.len && ascii_is_digit(s.data[i]))
        i++;
    return i;
}

/* The end of the exponent that begins with its mark at `at`, or SIZE_MAX without a digit. */
static size_t skip_exponent(struct slice s, size_t at)
{
    size_t digits = at + 1, end;

    if (is_sign(char_at(s, digits)))
        digits++;
    end = skip_digits(s, digits);
    if (end == digits)
        return SIZE_MAX;
    return end;
}

/* [+-] digits [. digits] [e [+-] digits], with a digit on one side of the point. */
static bool looks_decimal(struct slice s)
{
    size_t start = is_sign(char_at(s, 0));
    size_t end = skip_digits(s, start);
    size_t digits = end - start;

    if (char_at(s, end) == '.') {
        size_t fraction = end + 1;

        end = skip_digits(s, fraction);
        digits += end - fraction;
    }
    if (digits == 0)
        return false;
    if (is_exponent_mark(char_at(s, end)))
        end = skip_exponent(s, end);
    return end == s.len;
}

/* Digits after an optional sign; what no number's exponent needs is cut. */
static int64_t read_exponent(struct slice s, size_t i)
{
    const int64_t huge = (int64_t)1 << 40;
    bool negative = char_at(s, i) == '-';
    int64_t value = 0;

    if (is_sign(char_at(s, i)))
        i++;
    for (; i < s.len; i++) {
        if (value < huge)
            value = value * 10 + (s.data[i] - '0');
    }
    if (negative)
        return -value;
    return value;
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
    bool negative = char_at(s, 0) == '-', fraction = false;
    int64_t value = 0, exponent = 0, zeros = 0; /* zeros that are not yet in the value */
    size_t i = is_sign(char_at(s, 0));

    if (!looks_decimal(s))
        return false;
    for (; i < s.len && !is_exponent_mark(s.data[i]); i++) {
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
        if (!scale(&value, zeros))
            return false;
        if (!add_digit(&value, digit))
            return false;
        zeros = 0;
    }
    exponent += zeros + read_exponent(s, i + 1);
    if (value != 0) {
        if (exponent < 0)
            return false;
        if (!scale(&value, exponent))
            return false;
    }
    return finish_integer(value, negative, out);
}

/*
 * As strtod of any length: of digits past 800 only whether one is not zero can matter (the longest
 * tie between two doubles has 767).
 */
static double long_double(struct slice s)
{
    enum { DIGITS_MAX = 800 };
    char text[DIGITS_MAX + 32];
    size_t i = is_sign(s.data[0]), n = 0, digits = 0;
    bool fraction = false, more = false;
    int64_t exponent = 0;

    if (s.data[0] == '-')
        text[n++] = '-';
    text[n++] = '0'; /* there may be no other */
    for (; i < s.len && !is_exponent_mark(s.data[i]); i++) {
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
    bool negative = char_at(s, 0) == '-';
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
    static const struct {
        const char *name;
        int64_t milliseconds;
    } units[] = {{"ms", 1}, {"", 1000}, {"s", 1000}, {"m", 60000}, {"h", 3600000}};

    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (slice_is(unit, units[i].name))
            return units[i].milliseconds;
    }
    return 0;
}

/* One number and its unit, from *at on; *total grows by it. */
static bool add_duration(struct slice s, size_t *at, int64_t *total)
{
    size_t start = *at, digits = skip_digits(s, start), end = digits;
    int64_t factor, number;
    bool alone;

    while (end < s.len && ascii_is_lower(s.data[end]))
        end++;
    factor = duration_factor(slice_make(s.data + digits, end - digits));
    if (factor == 0)
        return false;
    alone = start == 0 && end == s.len;
    if (end == digits && !alone)
        return false; /* only one number may be without a unit: seconds */
    if (!parse_int64(slice_make(s.data + start, digits - start), &number))
        return false;
    if (__builtin_mul_overflow(number, factor, &number))
        return false;
    *at = end;
    return !__builtin_add_overflow(*total, number, total);
}

bool parse_duration_ms(struct slice s, int64_t *out)
{
    int64_t total = 0;
    size_t at = 0;

    do {
        if (!add_duration(s, &at, &total))
            return false;
    } while (at < s.len);
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
