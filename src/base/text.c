/* SPDX-License-Identifier: MIT */
#include "base/text.h"

/* The length of the well-formed UTF-8 character at `p` (RFC 3629 §4), or 0. */
static size_t utf8_length(const unsigned char *p, size_t left)
{
    unsigned char low = 0x80, high = 0xbf;
    size_t n;

    if (p[0] < 0x80)
        return 1;
    if (p[0] < 0xc2 || p[0] > 0xf4)
        return 0;
    n = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
    if (left < n)
        return 0;
    if (p[0] == 0xe0)
        low = 0xa0; /* no overlong forms */
    else if (p[0] == 0xed)
        high = 0x9f; /* no surrogates */
    else if (p[0] == 0xf0)
        low = 0x90;
    else if (p[0] == 0xf4)
        high = 0x8f; /* nothing past U+10FFFF */
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

void text_base64_encode(struct buf *b, struct slice in)
{
    static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *to = in.len ? buf_reserve(b, (in.len + 2) / 3 * 4) : NULL;

    if (!to)
        return;
    for (size_t i = 0; i < in.len; i += 3) {
        const unsigned char *p = (const unsigned char *)in.data + i;
        size_t n = in.len - i < 3 ? in.len - i : 3;
        unsigned bits = (unsigned)p[0] << 16;

        bits |= n > 1 ? (unsigned)p[1] << 8 : 0;
        bits |= n > 2 ? p[2] : 0;
        *to++ = set[bits >> 18];
        *to++ = set[bits >> 12 & 63];
        *to++ = n > 1 ? set[bits >> 6 & 63] : '=';
        *to++ = n > 2 ? set[bits & 63] : '=';
    }
    b->len += (in.len + 2) / 3 * 4;
}

static int base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
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
        size_t digits = i + 4 == in.len ? 4 - padding : 4;
        unsigned bits = 0;

        for (size_t k = 0; k < 4; k++) {
            int digit = k < digits ? base64_digit(in.data[i + k]) : 0;

            if (digit < 0)
                return -1;
            bits = bits << 6 | (unsigned)digit;
        }
        if (bits & (digits == 2 ? 0xffffU : digits == 3 ? 0xffU : 0))
            return -1; /* bits that no byte takes must be zero: one text, one value */
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
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
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

/* Appends one character that is not plain; returns how many bytes of input it took. */
static size_t add_special(struct buf *b, const unsigned char *p, size_t left)
{
    static const char short_form[] = {
        ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};
    static const char hex[] = "0123456789abcdef";
    size_t n;

    if (p[0] == '"' || p[0] == '\\') {
        char pair[2] = {'\\', (char)p[0]};

        buf_add(b, pair, 2);
        return 1;
    }
    if (p[0] < 0x20) {
        char code[6] = {'\\', 'u', '0', '0', hex[p[0] >> 4], hex[p[0] & 15]};
        char pair[2] = {'\\', p[0] < sizeof short_form ? short_form[p[0]] : 0};

        buf_add(b, pair[1] ? pair : code, pair[1] ? 2 : 6);
        return 1;
    }
    n = utf8_length(p, left);
    buf_add(b, n ? (const char *)p : "\xef\xbf\xbd", n ? n : 3);
    return n ? n : 1;
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
    for (size_t i = 0, n; i < s.len; i += n ? n : 1) {
        n = utf8_length((const unsigned char *)s.data + i, s.len - i);
        buf_add(b, n ? s.data + i : "\xef\xbf\xbd", n ? n : 3);
    }
}

static char fold(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

bool text_equal_nocase(struct slice a, struct slice b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++) {
        if (fold(a.data[i]) != fold(b.data[i]))
            return false;
    }
    return true;
}

struct slice text_trim(struct slice s)
{
    while (s.len && (s.data[0] == ' ' || s.data[0] == '\t')) {
        s.data++;
        s.len--;
    }
    while (s.len && (s.data[s.len - 1] == ' ' || s.data[s.len - 1] == '\t'))
        s.len--;
    return s;
}

size_t text_distance(struct slice a, struct slice b, size_t limit)
{
    size_t row[128];

    if (b.len >= sizeof row / sizeof *row ||
        (a.len > b.len ? a.len - b.len : b.len - a.len) > limit)
        return limit + 1;
    for (size_t j = 0; j <= b.len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        size_t diagonal = row[0], best = row[0] = i;

        for (size_t j = 1; j <= b.len; j++) {
            size_t cost = diagonal + (fold(a.data[i - 1]) != fold(b.data[j - 1]));

            diagonal = row[j];
            row[j] = row[j] + 1 < cost ? row[j] + 1 : cost;
            row[j] = row[j - 1] + 1 < row[j] ? row[j - 1] + 1 : row[j];
            best = row[j] < best ? row[j] : best;
        }
        if (best > limit)
            return limit + 1;
    }
    return row[b.len] > limit ? limit + 1 : row[b.len];
}
