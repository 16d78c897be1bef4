/*
 * Percent-encoding (RFC 3986 §2.1).
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/ascii.h"
#include "base/text.h"

static int hex_digit(char c)
{
    if (ascii_is_digit(c))
        return c - '0';
    c = (char)(c | 0x20);
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

/* The byte that %XX at `at` is, or -1. */
static int escaped_byte(struct slice in, size_t at)
{
    int high, low;

    if (in.data[at] != '%' || at + 2 >= in.len)
        return -1;
    high = hex_digit(in.data[at + 1]);
    low = hex_digit(in.data[at + 2]);
    if (high < 0 || low < 0)
        return -1;
    return high << 4 | low;
}

long text_percent_decode(struct slice in, char *out)
{
    size_t n = 0;

    for (size_t i = 0; i < in.len; i++) {
        char c = in.data[i];
        int byte = escaped_byte(in, i);

        if (c == '%' && byte < 0)
            return -1;
        if (byte >= 0) {
            c = (char)byte;
            i += 2;
        }
        out[n++] = c;
    }
    return (long)n;
}

size_t text_query_decode(struct slice in, char *out)
{
    size_t n = 0;

    for (size_t i = 0; i < in.len; i++) {
        char c = in.data[i];
        int byte = escaped_byte(in, i);

        if (c == '+')
            c = ' ';
        if (byte >= 0) {
            c = (char)byte;
            i += 2;
        }
        out[n++] = c;
    }
    return n;
}

static bool is_unreserved(char c)
{
    static const struct slice marks = SLICE_LITERAL("-._~");

    return ascii_is_letter_or_digit(c) || slice_has(marks, c);
}

void text_percent_encode(struct buf *b, struct slice in)
{
    static const char hex[] = "0123456789ABCDEF";

    for (size_t i = 0; i < in.len; i++) {
        unsigned char c = (unsigned char)in.data[i];
        char code[3] = {'%', hex[c >> 4], hex[c & 15]};

        if (is_unreserved(in.data[i]))
            buf_add_char(b, in.data[i]);
        else
            buf_add(b, code, sizeof code);
    }
}
