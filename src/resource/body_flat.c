/*
 * The body that most writes have: one object of strings without escapes, numbers, true, false and
 * null, for columns that take them as they are. Read in one pass, without a document in between.
 * Whatever else it is -- right or wrong -- is jansson's to read, and to complain of.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/parse.h"
#include "base/text.h"
#include "resource/body.h"
#include "resource/call.h"

struct flat {
    const char *at, *end;
};

static void blanks(struct flat *f)
{
    while (f->at < f->end && (*f->at == ' ' || *f->at == '\n' || *f->at == '\t' || *f->at == '\r'))
        f->at++;
}

/* Takes `c` and the blanks around it. */
static bool take(struct flat *f, char c)
{
    blanks(f);
    if (f->at == f->end || *f->at != c)
        return false;
    f->at++;
    blanks(f);
    return true;
}

/* A string without escapes, and well-formed. */
static bool string(struct flat *f, struct slice *out)
{
    const char *start = f->at + 1;
    bool ascii = true;

    if (f->at == f->end || *f->at != '"')
        return false;
    for (f->at = start;; f->at++) {
        f->at += text_plain_run(slice_make(f->at, (size_t)(f->end - f->at)));
        if (f->at == f->end || (unsigned char)*f->at < 0x20 || *f->at == '\\')
            return false;
        if (*f->at == '"')
            break;
        ascii = false;
    }
    *out = slice_make(start, (size_t)(f->at++ - start));
    return ascii || text_utf8_valid(*out);
}

/* The text of a number (RFC 8259 §6); *integer says if it has neither fraction nor exponent. */
static bool number(struct flat *f, struct slice *out, bool *integer)
{
    const char *start = f->at, *digits;

    *integer = true;
    if (f->at < f->end && *f->at == '-')
        f->at++;
    digits = f->at;
    for (; f->at < f->end; f->at++) {
        if (*f->at >= '0' && *f->at <= '9')
            continue;
        if (*f->at != '.' && *f->at != 'e' && *f->at != 'E' && *f->at != '+' && *f->at != '-')
            break;
        *integer = false;
    }
    *out = slice_make(start, (size_t)(f->at - start));
    if (f->at == digits || *digits < '0' || *digits > '9' || f->at[-1] == '.')
        return false;
    return *digits != '0' || f->at == digits + 1 || digits[1] == '.';
}

static bool number_value(struct slice text, bool integer, enum column_kind kind, struct value *out)
{
    int64_t n;
    double real;

    if (kind != KIND_REAL && kind != KIND_NUMERIC && (kind != KIND_INTEGER || !integer))
        return false;
    if (integer) {
        if (!parse_int64(text, &n))
            return false;
        *out = kind == KIND_REAL ? value_real((double)n) : value_integer(n);
        return true;
    }
    if (!parse_double(text, &real))
        return false;
    *out = value_real(real);
    return true;
}

static bool word(struct flat *f, struct slice text)
{
    if ((size_t)(f->end - f->at) < text.len || memcmp(f->at, text.data, text.len) != 0)
        return false;
    f->at += text.len;
    return true;
}

static bool value(struct flat *f, const struct column *column, struct value *out)
{
    struct slice text;
    bool integer;

    if (f->at == f->end || column->kind == KIND_JSON || column->kind == KIND_JSONB)
        return false;
    switch (*f->at) {
    case '"':
        if (column->kind != KIND_TEXT || !string(f, &text))
            return false;
        *out = value_text(text);
        return true;
    case 'n': *out = value_null(); return word(f, (struct slice)SLICE_LITERAL("null"));
    case 't':
        *out = value_integer(1);
        return column->kind == KIND_BOOLEAN && word(f, (struct slice)SLICE_LITERAL("true"));
    case 'f':
        *out = value_integer(0);
        return column->kind == KIND_BOOLEAN && word(f, (struct slice)SLICE_LITERAL("false"));
    default: return number(f, &text, &integer) && number_value(text, integer, column->kind, out);
    }
}

static bool member(struct flat *f, const struct table *table, struct body *body)
{
    struct slice name;
    int column;

    if (body->n_set == table->n_columns || !string(f, &name))
        return false;
    column = table_column(table, name);
    if (column < 0 || body_column(body, column) >= 0 || !take(f, ':') ||
        !value(f, &table->columns[column], &body->values[body->n_set]))
        return false;
    body->set[body->n_set++] = (struct assignment){.column = column};
    blanks(f);
    return true;
}

bool body_parse_flat(struct call *call, struct body *body)
{
    struct flat f = {.at = call->body.data, .end = call->body.data + call->body.len};
    size_t n = call->table->n_columns;
    bool more = true;

    if (call->tree.columns || call->body.len == 0 || !take(&f, '{'))
        return false;
    body->values = arena_alloc(&call->arena, (n + 1) * sizeof *body->values);
    if (!body->values || !body_make_room(call, body, n))
        return false;
    while (more) {
        if (!member(&f, call->table, body))
            return false;
        more = take(&f, ',');
    }
    body->n_rows = 1;
    return take(&f, '}') && f.at == f.end;
}
