/*
 * A JSON string's characters; a JSON value without blanks.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/json.h"

#include <stdint.h>

static unsigned hex_digit(unsigned char c)
{
    if (c <= '9')
        return c - (unsigned)'0';
    return (c | 0x20U) - 'a' + 10;
}

static unsigned hex_value(const char *at)
{
    unsigned value = 0;

    for (int i = 0; i < 4; i++)
        value = value << 4 | hex_digit((unsigned char)at[i]);
    return value;
}

static size_t put_utf8(char *out, uint32_t c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xc0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xe0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3f));
        out[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3f));
    out[2] = (char)(0x80 | (c >> 6 & 0x3f));
    out[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

static bool is_high_surrogate(uint32_t c)
{
    return c >= 0xd800 && c <= 0xdbff;
}

static bool is_low_surrogate(uint32_t c)
{
    return c >= 0xdc00 && c <= 0xdfff;
}

/* The character at `at`, four digits, and perhaps \uXXXX after it: how many bytes it is long, 0 if
 * it is half of a pair. */
static size_t unicode(const char *at, const char *end, uint32_t *out)
{
    uint32_t high = hex_value(at), low;

    *out = high;
    if (is_low_surrogate(high))
        return 0;
    if (!is_high_surrogate(high))
        return 4;
    if (end - at < 10 || memcmp(at + 4, "\\u", 2) != 0)
        return 0;
    low = hex_value(at + 6);
    if (!is_low_surrogate(low))
        return 0;
    *out = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
    return 10;
}

/* The byte that \n and its like are; any other stands for itself. */
static char unescaped(char kind)
{
    switch (kind) {
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return kind;
    }
}

long json_decode(const struct json_item *string, char *out)
{
    const char *at = string->text.data + 1, *end = string->text.data + string->text.len - 1;
    char *to = out;

    while (at < end) {
        const char *slash = memchr(at, '\\', (size_t)(end - at));
        const char *stop = slash ? slash : end;
        size_t run = (size_t)(stop - at), used;
        uint32_t c;

        memcpy(to, at, run);
        to += run;
        at += run;
        if (at == end)
            break;
        if (at[1] == 'u') {
            used = unicode(at + 2, end, &c);
            if (used == 0)
                return -1;
            to += put_utf8(to, c);
            at += 2 + used;
            continue;
        }
        *to++ = unescaped(at[1]);
        at += 2;
    }
    return to - out;
}

/* The length of the string at `at`, with its quotes. */
static size_t string_length(const char *at, const char *end)
{
    const char *from = at++;

    while (at < end && *at != '"') {
        if (*at == '\\')
            at++;
        at++;
    }
    return (size_t)(at + 1 - from);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

size_t json_compact(const struct json_item *item, char *out)
{
    const char *at = item->text.data, *end = at + item->text.len;
    char *to = out;

    while (at < end) {
        size_t n = 1;

        if (is_blank(*at)) {
            at++;
            continue;
        }
        if (*at == '"')
            n = string_length(at, end);
        memcpy(to, at, n);
        to += n;
        at += n;
    }
    return (size_t)(to - out);
}
