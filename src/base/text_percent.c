/*
 * Percent-encoding (RFC 3986 §2.1).
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/text.h"

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte that %XX at `at` is, or -1. */
static int escaped_byte(struct slice in, size_t at)
{
    int high = in.data[at] == '%' && at + 2 < in.len ? hex_digit(in.data[at + 1]) : -1;
    int low = high >= 0 ? hex_digit(in.data[at + 2]) : -1;

    return low < 0 ? -1 : high << 4 | low;
}

long text_percent_decode(struct slice in, char *out)
{
    size_t n = 0;

    for (size_t i = 0; i < in.len; i++) {
        int byte = escaped_byte(in, i);

        if (byte < 0 && in.data[i] == '%')
            return -1;
        out[n++] = byte < 0 ? in.data[i] : (char)byte;
        i += byte < 0 ? 0 : 2;
    }
    return (long)n;
}

size_t text_query_decode(struct slice in, char *out)
{
    size_t n = 0;

    for (size_t i = 0; i < in.len; i++) {
        int byte = escaped_byte(in, i);

        if (byte < 0)
            byte = in.data[i] == '+' ? ' ' : in.data[i];
        else
            i += 2;
        out[n++] = (char)byte;
    }
    return n;
}

static bool is_unreserved(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

void text_percent_encode(struct buf *b, struct slice in)
{
    static const char hex[] = "0123456789ABCDEF";

    for (size_t i = 0; i < in.len; i++) {
        unsigned char c = (unsigned char)in.data[i];

        if (is_unreserved(c)) {
            buf_add_char(b, (char)c);
        } else {
            char code[3] = {'%', hex[c >> 4], hex[c & 15]};

            buf_add(b, code, 3);
        }
    }
}
