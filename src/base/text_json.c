/*
 * Strings of JSON, as they are written (RFC 8259 §7).
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/text.h"

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
