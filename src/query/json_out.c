/* SPDX-License-Identifier: MIT */
#include "query/json_out.h"

#include <math.h>

#include "base/json.h"
#include "base/parse.h"
#include "base/text.h"

/* Nesting of JSON that is embedded as it is; deeper text comes out as a string. */
#define EMBED_DEPTH 1000

static void out_text(struct buf *b, struct slice text, enum column_kind kind)
{
    bool nested = kind == KIND_JSON || kind == KIND_JSONB;

    if (kind == KIND_NESTED || (nested && json_valid(text, EMBED_DEPTH)))
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
void json_out_value(struct buf *b, const struct value *v, enum column_kind kind)
{
    switch (v->type) {
    case VALUE_SHAPE:
    case VALUE_NULL: buf_add(b, "null", 4); break;
    case VALUE_INTEGER: out_integer(b, v->as.integer, kind); break;
    case VALUE_REAL: json_out_real(b, v->as.real); break;
    case VALUE_TEXT: out_text(b, v->as.bytes, kind); break;
    case VALUE_BLOB:
        buf_add_char(b, '"');
        text_base64_encode(b, v->as.bytes);
        buf_add_char(b, '"');
        break;
    }
}

static inline void out_key(struct buf *b, struct slice key, bool comma)
{
    char *to = buf_reserve(b, key.len + 1);

    if (!to)
        return;
    *to = ',';
    memcpy(to + comma, key.data, key.len);
    b->len += key.len + comma;
}

static void make_one_line(struct buf *b, size_t from)
{
    for (const char *c = "\n\r"; *c && !b->failed; c++) {
        char *end = b->data + b->len;

        for (char *at = b->data + from; (at = memchr(at, *c, (size_t)(end - at)));)
            *at = ' ';
    }
}

/* A value of a shape that has wishes; nested rows have wishes of their own. */
static void out_nth(struct buf *b, const struct shape *shape, size_t i, const struct value *value)
{
    enum column_kind kind = shape->outputs[i].kind;
    bool is_json = kind == KIND_JSON || kind == KIND_JSONB;
    size_t from = b->len;

    json_out_value(b, value, kind);
    if (shape->one_line && is_json)
        make_one_line(b, from);
}

/* One member; *any says whether one came before. */
static void out_member(struct buf *b, const struct shape *shape, size_t i,
                       const struct value *value, bool *any)
{
    if (shape->strip_nulls && value->type == VALUE_NULL)
        return;
    out_key(b, shape->outputs[i].key, *any);
    *any = true;
    out_nth(b, shape, i, value);
}

static void out_wished(struct buf *b, const struct row *row, const struct shape *shape)
{
    const struct row_cells cells = row_cells(row, shape->n);
    bool any = false;

    buf_add_char(b, '{');
    for (size_t i = 0; i < shape->n; i++) {
        struct value value = row_cell(&cells, i);

        out_member(b, shape, i, &value, &any);
    }
    buf_add_char(b, '}');
}

static void out_plain(struct buf *b, const struct row *row, const struct shape *shape)
{
    const struct row_cells cells = row_cells(row, shape->n);

    buf_add_char(b, '{');
    for (size_t i = 0; i < shape->n; i++) {
        struct value value = row_cell(&cells, i);

        out_key(b, shape->outputs[i].key, i > 0);
        json_out_value(b, &value, shape->outputs[i].kind);
    }
    buf_add_char(b, '}');
}

void json_out_row(struct buf *b, const struct row *row, const struct shape *shape)
{
    if (shape->strip_nulls || shape->one_line)
        out_wished(b, row, shape);
    else
        out_plain(b, row, shape);
}

void json_out_only(struct buf *b, const struct row *row, const struct shape *shape)
{
    struct value value = row_value(row, 0);

    out_nth(b, shape, 0, &value);
}

void json_out_cells(struct buf *b, const void *context, const struct value *cells, size_t n)
{
    const struct shape *shape = context;
    bool any = false;

    if (shape->bare) {
        out_nth(b, shape, 0, &cells[0]);
        return;
    }
    buf_add_char(b, '{');
    for (size_t i = 0; i < shape->n && i < n; i++)
        out_member(b, shape, i, &cells[i], &any);
    buf_add_char(b, '}');
}

/* 007 and 1e5 are numbers, and no number is written so. */
static bool is_written(struct slice text, const struct value *number)
{
    struct buf written;
    bool same;

    buf_init(&written, 64);
    json_out_value(&written, number, KIND_NUMERIC);
    same = !written.failed && slice_equal(text, buf_slice(&written));
    buf_finish(&written);
    return same;
}

bool json_out_number(struct slice text, struct value *out)
{
    bool negative = text.len > 0 && text.data[0] == '-';
    int64_t integer;
    double real;

    if (slice_is(text, "Infinity") || slice_is(text, "-Infinity")) {
        *out = value_real(negative ? -INFINITY : INFINITY);
        return true;
    }
    if (text.len == 0 || (!negative && (text.data[0] < '0' || text.data[0] > '9')))
        return false;
    if (parse_int64(text, &integer))
        *out = value_integer(integer);
    else if (parse_double(text, &real))
        *out = value_real(real);
    else
        return false;
    return is_written(text, out);
}
