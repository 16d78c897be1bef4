/* SPDX-License-Identifier: MIT */
#include "base/parse.h"

#include "base/ascii.h"
#include "base/parse_decimal.h"

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
    bool negative = decimal_char(s, 0) == '-';
    size_t i = decimal_is_sign(decimal_char(s, 0));
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
    bool negative = decimal_char(s, 0) == '-', fraction = false;
    int64_t value = 0, exponent = 0, zeros = 0; /* zeros that are not yet in the value */
    size_t i = decimal_is_sign(decimal_char(s, 0));

    if (!decimal_is(s))
        return false;
    for (; i < s.len && !decimal_is_exponent(s.data[i]); i++) {
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
    exponent += zeros + decimal_exponent(s, i + 1);
    if (value != 0) {
        if (exponent < 0)
            return false;
        if (!scale(&value, exponent))
            return false;
    }
    return finish_integer(value, negative, out);
}
