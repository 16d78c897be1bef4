/*
 * How a decimal number is spelled: [+-] digits [. digits] [e [+-] digits], with a digit on one side of
 * the point. Private to parse*.c.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_BASE_PARSE_DECIMAL_H
#define THIMBLE_BASE_PARSE_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ascii.h"
#include "base/slice.h"

/* The character at `i`; '\0' past the end. */
static inline char decimal_char(struct slice s, size_t i)
{
    if (i < s.len)
        return s.data[i];
    return '\0';
}

static inline bool decimal_is_sign(char c)
{
    return c == '-' || c == '+';
}

static inline bool decimal_is_exponent(char c)
{
    return c == 'e' || c == 'E';
}

/* The first place from `i` on that is no digit. */
static inline size_t decimal_skip_digits(struct slice s, size_t i)
{
    while (i < s.len && ascii_is_digit(s.data[i]))
        i++;
    return i;
}

/* True if the whole slice is such a number. */
bool decimal_is(struct slice s);

/* The exponent of such a number, whose digits begin at `i`, perhaps with their sign; what no number
 * needs is cut. */
int64_t decimal_exponent(struct slice s, size_t i);

#endif
