/*
 * Classes of ASCII characters, whatever the locale says.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_BASE_ASCII_H
#define THIMBLE_BASE_ASCII_H

#include <stdbool.h>

static inline bool ascii_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool ascii_is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static inline bool ascii_is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static inline bool ascii_is_letter(char c)
{
    return ascii_is_lower((char)(c | 0x20));
}

static inline bool ascii_is_letter_or_digit(char c)
{
    return ascii_is_letter(c) || ascii_is_digit(c);
}

/* The letter in the other case; anything else as it is. */
static inline char ascii_lower(char c)
{
    if (ascii_is_upper(c))
        return (char)(c + ('a' - 'A'));
    return c;
}

static inline char ascii_upper(char c)
{
    if (ascii_is_lower(c))
        return (char)(c - ('a' - 'A'));
    return c;
}

/* True if `text` begins as `shape` does, in which each 0 is a digit: "2026-11" has "0000-00". */
static inline bool ascii_has_shape(const char *text, const char *shape)
{
    for (; *shape; text++, shape++) {
        bool fits = *shape == '0' ? ascii_is_digit(*text) : *text == *shape;

        if (!fits)
            return false;
    }
    return true;
}

#endif
