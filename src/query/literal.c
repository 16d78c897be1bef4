/* SPDX-License-Identifier: MIT */
#include "query/literal.h"

#include <math.h>

#include "base/ascii.h"
#include "base/json.h"
#include "base/parse.h"
#include "base/text.h"
#include "query/number_text.h"

/* Nesting of JSON that is compared. */
#define JSON_DEPTH 1000

/* Whoever writes it of a number means IS NULL. */
static bool is_word_null(struct slice text)
{
    return text_equal_nocase(text, (struct slice)SLICE_LITERAL("null"));
}

static bool literal_misfit(const struct column *column, const char *type, struct slice text,
                           struct error *e)
{
    error_column(e, column->name.data);
    error_set(e, ERROR_VALUE, "invalid input syntax for type %s: \"%.*s\"", type,
              SLICE_SHOWN(text));
    if (is_word_null(text))
        return error_hint(e, "Where there is no value: %s=is.null.", column->name.data);
    return error_hint(e, "The column \"%s\" takes %s.", column->name.data, type);
}

/* ---- what fits a kind with a name */

static bool boolean_word(struct slice text, struct value *out)
{
    bool value;

    if (text_equal_nocase(text, (struct slice)SLICE_LITERAL("t")))
        value = true;
    else if (text_equal_nocase(text, (struct slice)SLICE_LITERAL("f")))
        value = false;
    else if (!parse_bool(text, &value))
        return false;
    *out = value_integer(value);
    return true;
}

static bool integer(struct slice text, struct value *out)
{
    int64_t value;

    if (!parse_int64(text, &value))
        return false;
    *out = value_integer(value);
    return true;
}

static bool real(struct slice text, struct value *out)
{
    double value;

    if (!parse_double(text, &value))
        return number_text_infinity(text, out);
    *out = value_real(value);
    return true;
}

/* True with the bytes; false if the text is no base64, or without memory (an error in *e). */
static bool bytes_of(struct arena *arena, struct slice text, struct value *out, struct error *e)
{
    unsigned char *bytes;
    long n;

    if (text.len % 4 != 0)
        return false;
    bytes = arena_alloc(arena, text.len / 4 * 3 + 1);
    if (!bytes)
        return error_set(e, ERROR_MEMORY, "out of memory");
    n = text_base64_decode(text, bytes);
    if (n < 0)
        return false;
    *out = value_blob(slice_make((char *)bytes, (size_t)n));
    return true;
}

/* What a kind is called where a text does not fit it. */
static const char *const type_names[] = {
    [KIND_INTEGER] = "integer", [KIND_REAL] = "double precision", [KIND_NUMERIC] = "numeric",
    [KIND_BOOLEAN] = "boolean", [KIND_BLOB] = "base64",
};

static bool fits(struct arena *arena, const struct column *column, struct slice text,
                 struct value *out, struct error *e)
{
    switch (column->kind) {
    /* Blanks around what is no text do not count, as in PostgreSQL: in.(1, 2). */
    case KIND_INTEGER: return integer(text_trim(text), out);
    case KIND_REAL: return real(text_trim(text), out);
    case KIND_NUMERIC: return number_text_decimal(text_trim(text), out);
    case KIND_BOOLEAN: return boolean_word(text_trim(text), out);
    case KIND_BLOB: return bytes_of(arena, text, out, e);
    case KIND_TEXT:
    case KIND_JSON:
    case KIND_JSONB:
    case KIND_ANY:
    case KIND_OTHER:
    case KIND_NESTED: break;
    }
    *out = value_text(text);
    return true;
}

bool literal_value(struct arena *arena, const struct column *column, struct slice text,
                   struct value *out, struct error *e)
{
    if (fits(arena, column, text, out, e))
        return true;
    if (error_is_set(e))
        return false;
    return literal_misfit(column, type_names[column->kind], text, e);
}

/* ---- what may be equal */

static void add_meant(struct literal *out, struct value value)
{
    out->values[out->n++] = value;
}

/* The bytes that the text is the base64 of, if it is; false without memory. */
static bool add_bytes(struct arena *arena, struct slice text, struct literal *out, struct error *e)
{
    struct value bytes;

    if (bytes_of(arena, text, &bytes, e))
        add_meant(out, bytes);
    return !error_is_set(e);
}

/* What a number's column may hold beside: whole numbers past 64 bits are no mistake, but larger (or
 * smaller) than any. */
static bool not_fitting(struct arena *arena, const struct column *column, struct slice text,
                        struct literal *out, struct error *e)
{
    struct value number;

    if (column->kind == KIND_INTEGER && number_text_whole(text, &number)) {
        add_meant(out, number);
        return true;
    }
    if (column->rigid || is_word_null(text))
        return literal_misfit(column, type_names[column->kind], text, e);
    if (number_text_infinity(text, &number)) {
        add_meant(out, number);
        return true;
    }
    add_meant(out, value_text(text));
    return add_bytes(arena, text, out, e);
}

/* A column without conversions: whatever the text spells. */
static bool anything(struct arena *arena, struct slice text, struct literal *out, struct error *e)
{
    struct value number;

    add_meant(out, value_text(text));
    out->has_number = number_text_json(text, &number);
    if (out->has_number)
        add_meant(out, number);
    return add_bytes(arena, text, out, e);
}

static bool other(struct arena *arena, struct slice text, struct literal *out, struct error *e)
{
    add_meant(out, value_text(text));
    return add_bytes(arena, text, out, e);
}

static bool number(struct arena *arena, const struct column *column, struct slice text,
                   struct literal *out, struct error *e)
{
    if (!fits(arena, column, text, &out->values[0], e))
        return not_fitting(arena, column, text, out, e);
    out->n = 1;
    return true;
}

/* The column may hold text beside its bytes, and a number; bytes are what is greater and less. */
static bool binary(struct arena *arena, struct slice text, struct literal *out, struct error *e)
{
    struct value number;

    if (!add_bytes(arena, text, out, e))
        return false;
    add_meant(out, value_text(text));
    if (number_text_json(text, &number))
        add_meant(out, number);
    return true;
}

/* The value that NUMERIC affinity makes of a number: a whole one is an integer
 * (sqlite.org/datatype3.html §3). */
static struct value by_affinity(struct value number)
{
    double real = number.as.real;

    if (number.type != VALUE_REAL)
        return number;
    if (fabs(real) < 0x1p63 && real == trunc(real))
        return value_integer((int64_t)real);
    return number;
}

/* A number alone is stored as one in a column of type JSON, whose affinity is NUMERIC. */
static bool json(struct arena *arena, const struct column *column, struct slice text,
                 struct literal *out, struct error *e)
{
    struct value number;

    out->is_json = json_valid(text, JSON_DEPTH);
    if (!out->is_json)
        return other(arena, text, out, e);
    if (column->kind == KIND_JSON && number_text_json(text, &number))
        add_meant(out, by_affinity(number));
    else
        add_meant(out, value_text(text));
    return true;
}

/* 12:00:00 02:00: a time, and after a blank what was its offset. */
static bool has_blank_offset(struct slice text)
{
    static const char shape[] = " 00:00";
    size_t len = sizeof shape - 1;

    if (text.len <= len)
        return false;
    if (!ascii_has_shape(text.data + text.len - len, shape))
        return false;
    return slice_has(slice_make(text.data, text.len - len), ':');
}

static bool lost_plus(const struct column *column, struct slice text, struct error *e)
{
    (void)literal_misfit(column, "timestamp", text, e);
    return error_hint(e, "A + in a query string is a blank (application/x-www-form-urlencoded): "
                         "write the + of an offset as %%2B.");
}

static bool boolean(const struct column *column, struct slice text, struct literal *out,
                    struct error *e)
{
    struct value word;

    if (is_word_null(text))
        return literal_misfit(column, "boolean", text, e);
    if (boolean_word(text_trim(text), &word))
        add_meant(out, word);
    add_meant(out, value_text(text));
    return true;
}

bool literal_read(struct arena *arena, const struct column *column, struct slice text,
                  struct literal *out, struct error *e)
{
    out->column = column;
    out->text = text;
    out->n = 0;
    out->has_number = out->is_json = false;
    switch (column->kind) {
    case KIND_INTEGER:
    case KIND_REAL:
    case KIND_NUMERIC: return number(arena, column, text, out, e);
    case KIND_BOOLEAN: return boolean(column, text, out, e);
    case KIND_BLOB:
        if (column->rigid)
            return number(arena, column, text, out, e);
        return binary(arena, text, out, e);
    case KIND_JSON:
    case KIND_JSONB: return json(arena, column, text, out, e);
    case KIND_ANY: return anything(arena, text, out, e);
    case KIND_OTHER: return other(arena, text, out, e);
    case KIND_TEXT:
        if (!column->keeps_text && has_blank_offset(text))
            return lost_plus(column, text, e);
        break;
    case KIND_NESTED: break;
    }
    add_meant(out, value_text(text));
    return true;
}
