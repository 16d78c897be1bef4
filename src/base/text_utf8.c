/*
 * UTF-8 (RFC 3629 §4): which bytes are characters, and what stands for those that are none.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/text.h"

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

size_t text_utf8_length(struct slice s)
{
    const unsigned char *p = (const unsigned char *)s.data;
    unsigned char low = 0x80, high = 0xbf;
    size_t n = utf8_announced(p[0]);

    if (n <= 1)
        return n;
    if (s.len < n)
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
    for (size_t i = text_ascii_run(s), n; i < s.len; i += n) {
        n = text_utf8_length(slice_after(s, i));
        if (n == 0)
            return false;
        if (n > 1) /* a character's end: perhaps ASCII goes on there */
            n += text_ascii_run(slice_after(s, i + n));
    }
    return true;
}

size_t text_add_character(struct buf *b, struct slice s)
{
    size_t n = text_utf8_length(s);

    if (n == 0) {
        buf_add(b, REPLACEMENT, sizeof REPLACEMENT - 1);
        return 1;
    }
    buf_add(b, s.data, n);
    return n;
}

void text_add_utf8(struct buf *b, struct slice s)
{
    for (size_t i = 0; i < s.len;)
        i += text_add_character(b, slice_after(s, i));
}
