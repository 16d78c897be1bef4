/* SPDX-License-Identifier: MIT */
#include "query/json_out.h"

#include "base/text.h"

/* Nesting of JSON that is embedded as it is; deeper text comes out as a string. */
#define EMBED_DEPTH 1000

static void out_text(struct buf *b, struct slice text, enum column_kind kind)
{
    bool nested = kind == KIND_JSON || kind == KIND_JSONB;

    if (nested && json_out_valid(text, EMBED_DEPTH))
        buf_add_slice(b, text);
    else
        text_json_string(b, text);
}

static void out_integer(struct buf *b, int64_t value, enum column_kind kind)
{
    if (kind == KIND_BOOLEAN && (value == 0 || value == 1))
        buf_add_slice(b, value ? (struct slice)SLICE_LITERAL("true")
                               : (struct slice)SLICE_LITERAL("false"));
    else
        buf_add_int64(b, value);
}

/* The storage class decides, because a column may hold another than its type says. */
void json_out_value(struct buf *b, struct statement *st, int column, enum column_kind kind)
{
    switch (statement_type(st, column)) {
    case VALUE_NULL: buf_add(b, "null", 4); break;
    case VALUE_INTEGER: out_integer(b, statement_integer(st, column), kind); break;
    case VALUE_REAL: json_out_real(b, statement_real(st, column)); break;
    case VALUE_TEXT: out_text(b, statement_bytes(st, column), kind); break;
    case VALUE_BLOB:
        buf_add_char(b, '"');
        text_base64_encode(b, statement_bytes(st, column));
        buf_add_char(b, '"');
        break;
    }
}

void json_out_row(struct buf *b, struct statement *st, const struct output *outputs, size_t n)
{
    buf_add_char(b, '{');
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            buf_add_char(b, ',');
        buf_add_slice(b, outputs[i].key);
        json_out_value(b, st, (int)i, outputs[i].kind);
    }
    buf_add_char(b, '}');
}
