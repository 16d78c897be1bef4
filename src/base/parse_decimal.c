/* SPDX-License-Identifier: MIT */
#include "base/parse_decimal.h"

/* The end of the exponent that begins with its mark at `at`, or SIZE_MAX without a digit. */
static size_t skip_exponent(struct slice s, size_t at)
{
    size_t digits = at + 1, end;

    if (decimal_is_sign(decimal_char(s, digits)))
        digits++;
    end = decimal_skip_digits(s, digits);
    if (end == digits)
        return SIZE_MAX;
    return end;
}

bool decimal_is(struct slice s)
{
    size_t start = decimal_is_sign(decimal_char(s, 0));
    size_t end = decimal_skip_digits(s, start);
    size_t digits = end - start;

    if (decimal_char(s, end) == '.') {
        size_t fraction = end + 1;

        end = decimal_skip_digits(s, fraction);
        digits += end - fraction;
    }
    if (digits == 0)
        return false;
    if (decimal_is_exponent(decimal_char(s, end)))
        end = skip_exponent(s, end);
    return end == s.len;
}

int64_t decimal_exponent(struct slice s, size_t i)
{
    const int64_t huge = (int64_t)1 << 40;
    bool negative = decimal_char(s, i) == '-';
    int64_t value = 0;

    if (decimal_is_sign(decimal_char(s, i)))
        i++;
    for (; i < s.len; i++) {
        if (value < huge)
            value = value * 10 + (s.data[i] - '0');
    }
    if (negative)
        return -value;
    return value;
}
