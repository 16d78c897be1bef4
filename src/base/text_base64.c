/*
 * Base64 (RFC 4648 §4), and with the alphabet for names and no padding (§5).
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/ascii.h"
#include "base/text.h"

static const char base64_set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* The last group, of one byte or two. */
static void base64_tail(char *to, const unsigned char *p, size_t n)
{
    unsigned bits = (unsigned)p[0] << 16;

    to[2] = '=';
    if (n == 2) {
        bits |= (unsigned)p[1] << 8;
        to[2] = base64_set[bits >> 6 & 63];
    }
    to[0] = base64_set[bits >> 18];
    to[1] = base64_set[bits >> 12 & 63];
    to[3] = '=';
}

void text_base64_encode(struct buf *b, struct slice in)
{
    const unsigned char *p = (const unsigned char *)in.data;
    size_t left = in.len;
    char *to;

    if (in.len == 0)
        return;
    to = buf_reserve(b, (in.len + 2) / 3 * 4);
    if (!to)
        return;
    for (; left >= 3; left -= 3, p += 3, to += 4) {
        unsigned bits = (unsigned)p[0] << 16 | (unsigned)p[1] << 8 | p[2];

        to[0] = base64_set[bits >> 18];
        to[1] = base64_set[bits >> 12 & 63];
        to[2] = base64_set[bits >> 6 & 63];
        to[3] = base64_set[bits & 63];
    }
    if (left > 0)
        base64_tail(to, p, left);
    b->len += (in.len + 2) / 3 * 4;
}

static int base64_digit(char c, const char last[2])
{
    if (ascii_is_upper(c))
        return c - 'A';
    if (ascii_is_lower(c))
        return c - 'a' + 26;
    if (ascii_is_digit(c))
        return c - '0' + 52;
    if (c == last[0])
        return 62;
    if (c == last[1])
        return 63;
    return -1;
}

/* The 24 bits of a group of which the first `digits` of four are there; -1 if one is none, or if
 * bits that no byte takes are not zero: one text, one value. */
static long base64_group(const char *text, size_t digits, const char last[2])
{
    static const unsigned unused[] = {[2] = 0xffff, [3] = 0xff, [4] = 0};
    unsigned bits = 0;

    for (size_t k = 0; k < digits; k++) {
        int digit = base64_digit(text[k], last);

        if (digit < 0)
            return -1;
        bits = bits << 6 | (unsigned)digit;
    }
    bits <<= 6 * (4 - digits);
    if (bits & unused[digits])
        return -1;
    return (long)bits;
}

/* Groups of four digits, the last one of two, three or four; `last` is the alphabet's end. */
static long decode_digits(struct slice in, const char last[2], unsigned char *out)
{
    unsigned char *to = out;

    if (in.len % 4 == 1)
        return -1;
    for (size_t i = 0; i < in.len; i += 4) {
        size_t digits = in.len - i < 4 ? in.len - i : 4;
        long bits = base64_group(in.data + i, digits, last);

        if (bits < 0)
            return -1;
        *to++ = (unsigned char)(bits >> 16);
        if (digits > 2)
            *to++ = (unsigned char)(bits >> 8);
        if (digits > 3)
            *to++ = (unsigned char)bits;
    }
    return to - out;
}

long text_base64_decode(struct slice in, unsigned char *out)
{
    size_t padding = 0;

    if (in.len % 4 != 0)
        return -1;
    while (padding < 2 && padding < in.len && in.data[in.len - 1 - padding] == '=')
        padding++;
    return decode_digits(slice_make(in.data, in.len - padding), "+/", out);
}

long text_base64url_decode(struct slice in, unsigned char *out)
{
    return decode_digits(in, "-_", out);
}

void text_base64url_encode(struct buf *b, struct slice in)
{
    size_t from = b->len;

    text_base64_encode(b, in);
    if (b->failed)
        return;
    while (b->len > from && b->data[b->len - 1] == '=')
        b->len--;
    for (size_t i = from; i < b->len; i++) {
        if (b->data[i] == '+')
            b->data[i] = '-';
        else if (b->data[i] == '/')
            b->data[i] = '_';
    }
}
