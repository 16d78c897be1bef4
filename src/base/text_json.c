/*
 * Strings of JSON, as they are written (RFC 8259 §7).
 *
 * SPDX-License-Identifier: MIT
 */
#include <endian.h>

#include "base/text.h"

/* Bytes that stand for themselves within a JSON string and are one character each. */
static bool is_plain(unsigned char c)
{
    bool is_printable = c >= 0x20 && c < 0x80;

    return is_printable && c != '"' && c != '\\';
}

/* The highest bit of the first of the eight bytes, counted from the lowest, that is not plain, and of others
 * perhaps; 0: all are. A zero byte search, three times over ("Bit Twiddling Hacks", determine if a word has
 * a byte less than n / equal to n): what it borrows goes upwards only. */
static uint64_t specials(uint64_t w)
{
    const uint64_t ones = 0x0101010101010101ULL, highs = 0x8080808080808080ULL;
    uint64_t quote = w ^ (ones * '"'), slash = w ^ (ones * '\\');

    return (w | (w - ones * 0x20) | ((quote - ones) & ~quote) | ((slash - ones) & ~slash)) & highs;
}

/* How many of the eight bytes are plain before the first that is not. */
static size_t plain_of_word(const char *p)
{
    uint64_t word, found;

    memcpy(&word, p, sizeof word);
    found = specials(le64toh(word));
    return found ? (size_t)__builtin_ctzll(found) / 8 : sizeof word;
}

/* The same of a text of fewer. */
static size_t plain_of_few(const char *p, size_t len)
{
    size_t i = 0;

    while (i < len && is_plain((unsigned char)p[i]))
        i++;
    return i;
}

size_t text_plain_run(struct slice s)
{
    const char *p = s.data;
    size_t i = 0, len = s.len;

    if (len < 8)
        return plain_of_few(p, len);
    for (; i + 8 <= len; i += 8) {
        size_t n = plain_of_word(p + i);

        if (n < 8)
            return i + n;
    }
    /* The last eight, of which some are known to be plain. */
    return i == len ? len : len - 8 + plain_of_word(p + len - 8);
}

/* A control character: \n and its like, or \u00XX. */
static void add_control(struct buf *b, unsigned char c)
{
    static const char short_form[0x20] = {
        ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};
    static const char hex[] = "0123456789abcdef";
    char pair[2] = {'\\', short_form[c]};
    char code[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};

    if (short_form[c])
        buf_add(b, pair, sizeof pair);
    else
        buf_add(b, code, sizeof code);
}

/* Appends one character that is not plain; returns how many bytes of input it took. */
static size_t add_special(struct buf *b, struct slice s)
{
    unsigned char c = (unsigned char)s.data[0];

    if (c == '"' || c == '\\') {
        char pair[2] = {'\\', s.data[0]};

        buf_add(b, pair, sizeof pair);
        return 1;
    }
    if (c < 0x20) {
        add_control(b, c);
        return 1;
    }
    return text_add_character(b, s);
}

/* Most texts are plain from end to end. */
static bool add_plain(struct buf *b, struct slice s)
{
    char *to;

    if (text_plain_run(s) < s.len)
        return false;
    to = buf_reserve(b, s.len + 2);
    if (!to)
        return true;
    to[0] = to[s.len + 1] = '"';
    if (s.len > 0)
        memcpy(to + 1, s.data, s.len);
    b->len += s.len + 2;
    return true;
}

void text_json_string(struct buf *b, struct slice s)
{
    if (add_plain(b, s))
        return;
    buf_add_char(b, '"');
    for (size_t i = 0; i < s.len;) {
        size_t run = text_plain_run(slice_make(s.data + i, s.len - i));

        buf_add(b, s.data + i, run);
        i += run;
        if (i < s.len)
            i += add_special(b, slice_after(s, i));
    }
    buf_add_char(b, '"');
}
