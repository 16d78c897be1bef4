/*
 * CSV (RFC 4180) that resource/csv.c reads back: see there for the dialect.
 *
 * SPDX-License-Identifier: MIT
 */
#include <math.h>

#include "base/text.h"
#include "query/json_out.h"

/* What would not be read as this text without quotes: separators, quotes, ends of lines; nothing and
 * the word NULL, which are NULL; a byte order mark, which is passed over at the beginning. */
static bool needs_quotes(struct slice text)
{
    static const struct slice mark = SLICE_LITERAL("\xef\xbb\xbf");

    if (text.len == 0 || slice_is(text, "NULL"))
        return true;
    if (text.len >= mark.len && memcmp(text.data, mark.data, mark.len) == 0)
        return true;
    for (size_t i = 0; i < text.len; i++) {
        switch (text.data[i]) {
        case '"':
        case ',':
        case '\n':
        case '\r':
        case '\0': return true; /* NUL for the sake of others */
        default: break;
        }
    }
    return false;
}

static void csv_quoted(struct buf *b, struct slice text)
{
    buf_add_char(b, '"');
    while (text.len > 0) {
        size_t quote = slice_find(text, '"'), run = quote + (quote < text.len);

        buf_add(b, text.data, run);
        if (quote < text.len)
            buf_add_char(b, '"');
        text = slice_after(text, run);
    }
    buf_add_char(b, '"');
}

static void field(struct buf *b, struct slice text)
{
    if (needs_quotes(text))
        csv_quoted(b, text);
    else
        buf_add_slice(b, text);
}

/* ASCII with nothing in it that could want quotes: most fields. */
static bool is_bare(struct slice text, enum column_kind kind)
{
    if (text.len == 0 || text.len == 4 || kind == KIND_ANY)
        return false; /* it may be the word NULL; a number */
    return text_bare_run(text) == text.len;
}

/* Where text that looks like a number could be one, quotes say that it is not. */
static void text_field(struct buf *b, struct slice text, enum column_kind kind)
{
    struct value number;
    struct buf mended;

    if (is_bare(text, kind)) {
        buf_add_slice(b, text);
    } else if (!text_utf8_valid(text)) {
        buf_init(&mended, b->max);
        text_add_utf8(&mended, text);
        b->failed = b->failed || mended.failed;
        field(b, buf_slice(&mended));
        buf_finish(&mended);
    } else if (kind == KIND_ANY && json_out_number(text, &number)) {
        csv_quoted(b, text);
    } else {
        field(b, text);
    }
}

/* Base64 needs quotes twice: of nothing, and of the three bytes that spell NULL. */
static void blob_field(struct buf *b, struct slice bytes)
{
    bool quotes = bytes.len == 0 || slice_is(bytes, "\x35\x42\xcb");

    buf_add_text(b, text_if(quotes, "\""));
    text_base64_encode(b, bytes);
    buf_add_text(b, text_if(quotes, "\""));
}

void csv_out_name(struct buf *b, struct slice name)
{
    field(b, name);
}

static void integer_field(struct buf *b, const struct value *v, enum column_kind kind)
{
    if (kind != KIND_BOOLEAN || (v->as.integer & ~1) != 0)
        json_out_value(b, v, kind);
    else if (v->as.integer)
        buf_add_char(b, 't');
    else
        buf_add_char(b, 'f');
}

static void real_field(struct buf *b, const struct value *v, enum column_kind kind)
{
    if (!isinf(v->as.real))
        json_out_value(b, v, kind);
    else if (v->as.real < 0)
        buf_add_text(b, "-Infinity");
    else
        buf_add_text(b, "Infinity");
}

void csv_out_value(struct buf *b, const struct value *v, enum column_kind kind)
{
    switch (v->type) {
    case VALUE_SHAPE:
    case VALUE_NULL: break;
    case VALUE_TEXT: text_field(b, v->as.bytes, kind); break;
    case VALUE_BLOB: blob_field(b, v->as.bytes); break;
    case VALUE_INTEGER: integer_field(b, v, kind); break;
    case VALUE_REAL: real_field(b, v, kind); break;
    }
}

void csv_out_header(struct buf *b, const struct shape *shape)
{
    for (size_t i = 0; i < shape->n; i++) {
        if (i > 0)
            buf_add_char(b, ',');
        csv_out_name(b, shape->outputs[i].name);
    }
}

void csv_out_row(struct buf *b, const struct row *row, const struct shape *shape)
{
    const struct row_cells cells = row_cells(row, shape->n);

    for (size_t i = 0; i < shape->n; i++) {
        struct value value = row_cell(&cells, i);

        if (i > 0)
            buf_add_char(b, ',');
        if (shape->n == 1 && value.type == VALUE_NULL)
            buf_add_text(b, "NULL"); /* no line is empty: many readers pass over such */
        else
            csv_out_value(b, &value, shape->outputs[i].kind);
    }
}
