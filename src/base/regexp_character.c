/*
 * One character: of a text, and as a regular expression's escape says it.
 *
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include "base/ascii.h"
#include "base/regexp_set.h"
#include "base/text.h"

uint32_t regexp_decode(const char *data, size_t len, size_t *bytes)
{
    const unsigned char *p = (const unsigned char *)data;
    size_t n = text_utf8_length(slice_make(data, len));
    uint32_t c = p[0];

    *bytes = 1;
    if (n == 1)
        return c;
    if (n == 0)
        return REGEXP_RAW_BYTE + p[0];
    c = p[0] & (0x7fU >> n);
    for (size_t i = 1; i < n; i++)
        c = c << 6 | (p[i] & 0x3f);
    *bytes = n;
    return c;
}

static int hex_value(char c)
{
    char lower = ascii_lower(c);

    if (ascii_is_digit(c))
        return c - '0';
    if (lower >= 'a' && lower <= 'f')
        return lower - 'a' + 10;
    return -1;
}

/* Exactly `digits` hexadecimal ones. */
static bool take_hex(struct slice text, size_t *at, size_t digits, uint32_t *c)
{
    *c = 0;
    for (size_t i = 0; i < digits; i++, ++*at) {
        int digit;

        if (*at >= text.len)
            return false;
        digit = hex_value(text.data[*at]);
        if (digit < 0)
            return false;
        *c = *c << 4 | (uint32_t)digit;
    }
    return *c <= 0x10ffff;
}

/* The digits of \xHH, \uHHHH and \UHHHHHHHH; 0 for another letter. */
static size_t code_digits(char letter)
{
    switch (letter) {
    case 'x': return 2;
    case 'u': return 4;
    case 'U': return 8;
    default: return 0;
    }
}

bool regexp_escape(struct slice text, size_t *at, uint32_t *c)
{
    static const char letters[] = {'n', 'r', 't', 'f', 'v', 'e'};
    static const char means[] = {'\n', '\r', '\t', '\f', '\v', '\033'};
    const char *known;
    size_t bytes, digits;
    char letter;

    if (*at >= text.len)
        return false;
    letter = text.data[*at];
    known = memchr(letters, letter, sizeof letters);
    if (known) {
        ++*at;
        *c = (unsigned char)means[known - letters];
        return true;
    }
    digits = code_digits(letter);
    if (digits > 0) {
        ++*at;
        return take_hex(text, at, digits, c);
    }
    if (ascii_is_letter_or_digit(letter))
        return false;
    *c = regexp_decode(text.data + *at, text.len - *at, &bytes);
    *at += bytes;
    return true;
}
