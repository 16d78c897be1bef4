/* SPDX-License-Identifier: MIT */
#include "base/text.h"

#include "base/ascii.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* The length of the UTF-8 character that begins with `lead`, if it is one; 0: none does. */
static size_t utf8_announced(unsigned char lead)
{
    if (lead < 0x80)
        return 1;
    if (lead < 0xc2 || lead > 0xf4)
        return 0;
    if (lead < 0xe0)
        return 2;
    if (lead < 0xf0)
        return 3;
    return 4;
}

/* The length of the well-formed UTF-8 character at `p` (RFC 3629 §4), or 0. */
static size_t utf8_length(const unsigned char *p, size_t left)
{
    unsigned char low = 0x80, high = 0xbf;
    size_t n = utf8_announced(p[0]);

    if (n <= 1)
        return n;
    if (left < n)
        return 0;
    switch (p[0]) {
    case 0xe0: low = 0xa0; break;  /* no overlong forms */
    case 0xed: high = 0x9f; break; /* no surrogates */
    case 0xf0: low = 0x90; break;
    case 0xf4: high = 0x8f; break; /* nothing past U+10FFFF */
    default: break;
    }
    if (p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    }
    return n;
}

bool text_utf8_valid(struct slice s)
{
    const unsigned char *p = (const unsigned char *)s.data;

    for (size_t i = 0, n; i < s.len; i += n) {
        n = utf8_length(p + i, s.len - i);
        if (n == 0)
            return false;
    }
    return true;
}

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

static int base64_digit(char c)
{
    if (ascii_is_upper(c))
        return c - 'A';
    if (ascii_is_lower(c))
        return c - 'a' + 26;
    if (ascii_is_digit(c))
        return c - '0' + 52;
    if (c == '+')
        return 62;
    if (c == '/')
        return 63;
    return -1;
}

/* The 24 bits of a group of which the first `digits` of four are there; -1 if one is none, or if
 * bits that no byte takes are not zero: one text, one value. */
static long base64_group(const char *text, size_t digits)
{
    static const unsigned unused[] = {[2] = 0xffff, [3] = 0xff, [4] = 0};
    unsigned bits = 0;

    for (size_t k = 0; k < digits; k++) {
        int digit = base64_digit(text[k]);

        if (digit < 0)
            return -1;
        bits = bits << 6 | (unsigned)digit;
    }
    bits <<= 6 * (4 - digits);
    if (bits & unused[digits])
        return -1;
    return (long)bits;
}

long text_base64_decode(struct slice in, unsigned char *out)
{
    unsigned char *to = out;
    size_t padding = 0;

    if (in.len % 4 != 0)
        return -1;
    while (padding < 2 && padding < in.len && in.data[in.len - 1 - padding] == '=')
        padding++;
    for (size_t i = 0; i < in.len; i += 4) {
        bool is_last = i + 4 == in.len;
        size_t digits = 4;
        long bits;

        if (is_last)
            digits -= padding;
        bits = base64_group(in.data + i, digits);
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

/* Bytes that stand for themselves within a JSON string and are one character each. */
static bool is_plain(unsigned char c)
{
    bool is_printable = c >= 0x20 && c < 0x80;

    return is_printable && c != '"' && c != '\\';
}

/* True if any of the eight bytes is not plain: a zero byte search, three times over
 * ("Bit Twiddling Hacks", determine if a word has a byte less than n / equal to n). */
static bool any_special(uint64_t w)
{
    const uint64_t ones = 0x0101010101010101ULL, highs = 0x8080808080808080ULL;
    uint64_t quote = w ^ (ones * '"'), slash = w ^ (ones * '\\');

    return ((w | (w - ones * 0x20) | ((quote - ones) & ~quote) | ((slash - ones) & ~slash)) &
            highs) != 0;
}

size_t text_plain_run(struct slice s)
{
    const char *p = s.data;
    size_t i = 0, len = s.len;

    for (uint64_t w; i + 8 <= len; i += 8) {
        memcpy(&w, p + i, 8);
        if (any_special(w))
            break;
    }
    while (i < len && is_plain((unsigned char)p[i]))
        i++;
    return i;
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

/* One UTF-8 character, or what stands for a byte that is none; how many bytes it took. */
static size_t add_character(struct buf *b, const unsigned char *p, size_t left)
{
    size_t n = utf8_length(p, left);

    if (n == 0) {
        buf_add(b, REPLACEMENT, sizeof REPLACEMENT - 1);
        return 1;
    }
    buf_add(b, (const char *)p, n);
    return n;
}

/* Appends one character that is not plain; returns how many bytes of input it took. */
static size_t add_special(struct buf *b, const unsigned char *p, size_t left)
{
    if (p[0] == '"' || p[0] == '\\') {
        char pair[2] = {'\\', (char)p[0]};

        buf_add(b, pair, sizeof pair);
        return 1;
    }
    if (p[0] < 0x20) {
        add_control(b, p[0]);
        return 1;
    }
    return add_character(b, p, left);
}

void text_json_string(struct buf *b, struct slice s)
{
    buf_add_char(b, '"');
    for (size_t i = 0; i < s.len;) {
        size_t run = text_plain_run(slice_make(s.data + i, s.len - i));

        buf_add(b, s.data + i, run);
        i += run;
        if (i < s.len)
            i += add_special(b, (const unsigned char *)s.data + i, s.len - i);
    }
    buf_add_char(b, '"');
}

void text_add_utf8(struct buf *b, struct slice s)
{
    for (size_t i = 0; i < s.len;)
        i += add_character(b, (const unsigned char *)s.data + i, s.len - i);
}

bool text_equal_nocase(struct slice a, struct slice b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++) {
        if (a.data[i] == b.data[i]) /* nearly always: names are spelled as they are registered */
            continue;
        if (ascii_lower(a.data[i]) != ascii_lower(b.data[i]))
            return false;
    }
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

struct slice text_trim(struct slice s)
{
    while (s.len && is_blank(s.data[0])) {
        s.data++;
        s.len--;
    }
    while (s.len && is_blank(s.data[s.len - 1]))
        s.len--;
    return s;
}

static size_t least(size_t a, size_t b)
{
    if (a < b)
        return a;
    return b;
}

/* The next row of Levenshtein's table in the place of the one before, which `c` is compared to;

 * returns its least number. */
static size_t next_distances(size_t *row, char c, struct slice b)
{
    size_t diagonal = row[0], best = ++row[0];

    for (size_t j = 1; j <= b.len; j++) {
        bool differs = ascii_lower(c) != ascii_lower(b.data[j - 1]);
        size_t replaced = diagonal + differs;

        diagonal = row[j];
        row[j] = least(replaced, least(row[j], row[j - 1]) + 1);
        best = least(best, row[j]);
    }
    return best;
}

size_t text_distance(struct slice a, struct slice b, size_t limit)
{
    size_t row[128];
    size_t longer = a.len > b.len ? a.len : b.len;

    if (b.len >= sizeof row / sizeof *row)
        return limit + 1;
    if (longer - least(a.len, b.len) > limit)
        return limit + 1;
    for (size_t j = 0; j <= b.len; j++)
        row[j] = j;
    for (size_t i = 0; i < a.len; i++) {
        if (next_distances(row, a.data[i], b) > limit)
            return limit + 1;
    }
    return least(row[b.len], limit + 1);
}
