/* SPDX-License-Identifier: MIT */
#include "base/text.h"
#include "query/json_out.h"

/* Quoted if it holds a separator, a quote or a line's end, or would be read as NULL: an empty text,
 * the word NULL; quotes doubled. */
static void field(struct buf *b, struct slice text)
{
    static const struct slice special = SLICE_LITERAL("\",\n\r\0");
    bool quote = text.len == 0 || slice_is(text, "NULL");

    for (size_t i = 0; i < text.len && !quote; i++)
        quote = slice_has(special, text.data[i]);
    if (!quote) {
        buf_add_slice(b, text);
        return;
    }
    buf_add_char(b, '"');
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '"')
            buf_add_char(b, '"');
        buf_add_char(b, text.data[i]);
    }
    buf_add_char(b, '"');
}

static void value_field(struct buf *b, const struct value *v, enum column_kind kind)
{
    bool is_text = v->type == VALUE_TEXT && text_utf8_valid(v->as.bytes);
    struct buf text;

    if (v->type == VALUE_NULL)
        return;
    if (is_text) {
        field(b, v->as.bytes);
    } else if (v->type == VALUE_INTEGER && kind == KIND_BOOLEAN && (v->as.integer & ~1) == 0) {
        buf_add_char(b, v->as.integer ? 't' : 'f');
    } else if (v->type == VALUE_BLOB) {
        if (v->as.bytes.len == 0)
            buf_add_text(b, "\"\"");
        text_base64_encode(b, v->as.bytes);
    } else if (v->type == VALUE_TEXT) { /* not UTF-8: mended as in JSON */
        buf_init(&text, b->max);
        text_json_string(&text, v->as.bytes);
        field(b, buf_slice(&text));
        buf_finish(&text);
    } else {
        json_out_value(b, v, kind);
    }
}

void csv_out_header(struct buf *b, const struct shape *shape)
{
    for (size_t i = 0; i < shape->n; i++) {
        if (i > 0)
            buf_add_char(b, ',');
        field(b, shape->outputs[i].name);
    }
}

void csv_out_row(struct buf *b, struct statement *st, const struct shape *shape)
{
    for (size_t i = 0; i < shape->n; i++) {
        struct value value = statement_value(st, (int)i);

        if (i > 0)
            buf_add_char(b, ',');
        value_field(b, &value, shape->outputs[i].kind);
    }
}
