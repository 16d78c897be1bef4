/*
 * A JSON string's characters; a JSON value without blanks.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/json.h"

#include <stdint.h>

static unsigned hex_value(const char *at)
{
    unsigned value = 0;

    for (int i = 0; i < 4; i++) {
        unsigned char c = (unsigned char)at[i];

        value = value << 4 | (unsigned)(c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
    }
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

/* The character at `at`, four digits, and perhaps \uXXXX after it: how many bytes it is long, 0 if
 * it is half of a pair. */
static size_t unicode(const char *at, const char *end, uint32_t *out)
{
    uint32_t high = hex_value(at), low;

    *out = high;
    if (high < 0xd800 || high > 0xdfff)
        return 4;
    if (high > 0xdbff || end - at < 10 || at[4] != '\\' || at[5] != 'u')
        return 0;
    low = hex_value(at + 6);
    if (low < 0xdc00 || low > 0xdfff)
        return 0;
    *out = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
    return 10;
}

long json_decode(const struct json_item *string, char *out)
{
    static const char kinds[] = "bfnrt", bytes[] = "\b\f\n\r\t";
    const char *at = string->text.data + 1, *end = string->text.data + string->text.len - 1;
    char *to = out;

    while (at < end) {
        const char *slash = memchr(at, '\\', (size_t)(end - at)), *kind;
        size_t run = (size_t)((slash ? slash : end) - at), used;
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
        kind = memchr(kinds, at[1], sizeof kinds - 1);
        *to++ = kind ? bytes[kind - kinds] : at[1];
        at += 2;
    }
    return to - out;
}

/* The length of the string at `at`, with its quotes. */
static size_t string_length(const char *at, const char *end)
{
    const char *from = at++;

    while (at < end && *at != '"')
        at += *at == '\\' ? 2 : 1;
    return (size_t)(at + 1 - from);
}

size_t json_compact(const struct json_item *item, char *out)
{
    const char *at = item->text.data, *end = at + item->text.len;
    char *to = out;

    while (at < end) {
        bool blank = *at == ' ' || *at == '\n' || *at == '\t' || *at == '\r';
        size_t n = *at == '"' ? string_length(at, end) : 1;

        if (!blank) {
            memcpy(to, at, n);
            to += n;
        }
        at += n;
    }
    return (size_t)(to - out);
}
