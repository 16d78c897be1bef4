/* SPDX-License-Identifier: MIT */
#include "query/cursor.h"

#include "base/text.h"

#define CURSOR_MAX 65536

/* Big-endian, as on the wire. */
static void add_cursor_number(struct buf *b, uint64_t number, size_t bytes)
{
    while (bytes-- > 0)
        buf_add_char(b, (char)(number >> (8 * bytes)));
}

static void add_cursor_value(struct buf *b, const struct value *v)
{
    uint64_t bits;

    buf_add_char(b, (char)('0' + (int)v->type));
    switch (v->type) {
    case VALUE_INTEGER: add_cursor_number(b, (uint64_t)v->as.integer, 8); break;
    case VALUE_REAL:
        memcpy(&bits, &v->as.real, sizeof bits);
        add_cursor_number(b, bits, 8);
        break;
    case VALUE_TEXT:
    case VALUE_BLOB:
        add_cursor_number(b, v->as.bytes.len, 4);
        buf_add_slice(b, v->as.bytes);
        break;
    case VALUE_NULL:
    case VALUE_SHAPE: break;
    }
}

/* base64 with the letters of base64url (RFC 4648 §5), and the other way. */
static char to_url(char c)
{
    switch (c) {
    case '+': return '-';
    case '/': return '_';
    default: return c;
    }
}

static char from_url(char c)
{
    switch (c) {
    case '-': return '+';
    case '_': return '/';
    default: return c;
    }
}

/* base64url without padding */
void cursor_encode(struct buf *out, uint32_t order_id, const struct value *values, size_t n)
{
    struct buf raw;
    size_t start = out->len;

    buf_init(&raw, CURSOR_MAX);
    add_cursor_number(&raw, order_id, 4);
    for (size_t i = 0; i < n; i++)
        add_cursor_value(&raw, &values[i]);
    out->failed |= raw.failed;
    out->full |= raw.full;
    text_base64_encode(out, buf_slice(&raw));
    buf_finish(&raw);
    if (out->failed)
        return;
    while (out->len > start && out->data[out->len - 1] == '=')
        out->len--;
    for (size_t i = start; i < out->len; i++)
        out->data[i] = to_url(out->data[i]);
}

struct bytes {
    struct slice data;
    size_t at;
};

static bool take_cursor_number(struct bytes *b, size_t n, uint64_t *out)
{
    *out = 0;
    if (b->data.len - b->at < n)
        return false;
    for (size_t i = 0; i < n; i++)
        *out = *out << 8 | (unsigned char)b->data.data[b->at++];
    return true;
}

static bool take_cursor_value(struct bytes *b, struct value *v)
{
    uint64_t number;
    double real;

    if (b->at == b->data.len)
        return false;
    switch (b->data.data[b->at++] - '0') {
    case VALUE_NULL: *v = value_null(); return true;
    case VALUE_INTEGER:
        *v = value_integer(0);
        if (!take_cursor_number(b, 8, &number))
            return false;
        v->as.integer = (int64_t)number;
        return true;
    case VALUE_REAL:
        if (!take_cursor_number(b, 8, &number))
            return false;
        memcpy(&real, &number, sizeof real);
        *v = value_real(real);
        return true;
    case VALUE_TEXT: *v = value_text((struct slice){NULL, 0}); break;
    case VALUE_BLOB: *v = value_blob((struct slice){NULL, 0}); break;
    default: return false;
    }
    if (!take_cursor_number(b, 4, &number))
        return false;
    if (b->data.len - b->at < number)
        return false;
    v->as.bytes = slice_make(b->data.data + b->at, (size_t)number);
    b->at += (size_t)number;
    return true;
}

/* The bytes of base64url; NULL without memory or if it is malformed (*bad). */
static char *decode_base64url(struct arena *arena, struct slice text, size_t *len, bool *bad)
{
    size_t padded = (text.len + 3) / 4 * 4;
    char *base64 = arena_alloc(arena, padded + 1), *raw = arena_alloc(arena, padded + 1);
    long n;

    if (!base64 || !raw)
        return NULL;
    for (size_t i = 0; i < text.len; i++)
        base64[i] = from_url(text.data[i]);
    for (size_t i = text.len; i < padded; i++)
        base64[i] = '=';
    n = text_base64_decode(slice_make(base64, padded), (unsigned char *)raw);
    *bad = n < 0;
    if (*bad)
        return NULL;
    *len = (size_t)n;
    return raw;
}

/* The values after the order's number; false if they are not what was written. */
static bool take_values(struct bytes *b, struct value *values, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!take_cursor_value(b, &values[i]))
            return false;
    }
    return true;
}

bool cursor_decode(struct arena *arena, struct slice text, uint32_t order_id, struct value *values,
                   size_t n, struct error *e)
{
    const char *wrong = "the cursor is damaged";
    bool bad = false;
    size_t len = 0;
    char *raw = decode_base64url(arena, text, &len, &bad);
    struct bytes b = {.data = slice_make(raw, len)};
    uint64_t id;

    if (!raw && !bad)
        return error_set(e, ERROR_MEMORY, "out of memory");
    if (raw && take_cursor_number(&b, 4, &id)) {
        bool is_ours = id == order_id;

        if (!is_ours)
            wrong = "the cursor is of another order";
        else if (take_values(&b, values, n)) {
            if (b.at == len)
                return true;
            wrong = "the cursor is of another order";
        }
    }
    error_set(e, ERROR_SYNTAX, "%s", wrong);
    return error_hint(e, "Take it from the Link header of a page with the same order=, or begin "
                         "with an empty cursor=.");
}
