/* SPDX-License-Identifier: MIT */
#include "query/literal.h"

#include <math.h>

#include "base/json.h"
#include "base/parse.h"
#include "base/text.h"

/* Nesting of JSON that is compared. */
#define JSON_DEPTH 1000

/* Whoever writes it of a number means IS NULL. */
static bool is_word_null(struct slice text)
{
    return text_equal_nocase(text, (struct slice)SLICE_LITERAL("null"));
}

static bool misfit(const struct column *column, const char *type, struct slice text,
                   struct error *e)
{
    error_column(e, column->name.data);
    error_set(e, ERROR_VALUE, "invalid input syntax for type %s: \"%.*s\"", type,
              (int)(text.len > 80 ? 80 : text.len), text.data ? text.data : "");
    if (is_word_null(text))
        return error_hint(e, "Where there is no value: %s=is.null.", column->name.data);
    return error_hint(e, "The column \"%s\" takes %s.", column->name.data, type);
}

/* ---- numbers */

static size_t digits_from(struct slice s, size_t i)
{
    while (i < s.len && s.data[i] >= '0' && s.data[i] <= '9')
        i++;
    return i;
}

static bool is_json_number(struct slice s)
{
    struct json_reader reader = json_reader_make(s, 1);
    struct json_item item;

    return json_read(&reader, &item) && json_at_end(&reader) && item.kind == JSON_IS_NUMBER &&
           item.text.len == s.len;
}

/* PostgreSQL's words (postgresql.org/docs/current/datatype-numeric.html §8.1.3), in any case. */
static bool infinity(struct slice text, struct value *out)
{
    bool negative = text.len > 0 && text.data[0] == '-';
    bool is_signed = negative || (text.len > 0 && text.data[0] == '+');
    struct slice word = slice_make(text.data + is_signed, text.len - is_signed);

    if (!text_equal_nocase(word, (struct slice)SLICE_LITERAL("infinity")) &&
        !text_equal_nocase(word, (struct slice)SLICE_LITERAL("inf")))
        return false;
    *out = value_real(negative ? -INFINITY : INFINITY);
    return true;
}

/* A decimal number that is too large for a double: it is one, and infinite, as SQLite reads it. */
static bool decimal(struct slice text, struct value *out)
{
    int64_t integer;
    double real;

    if (parse_int64(text, &integer))
        *out = value_integer(integer);
    else if (parse_double(text, &real))
        *out = value_real(real);
    else
        return infinity(text, out);
    return true;
}

bool literal_number(struct slice text, struct value *out)
{
    if (is_json_number(text) && decimal(text, out))
        return true;
    if (is_json_number(text)) {
        *out = value_real(text.data[0] == '-' ? -INFINITY : INFINITY);
        return true;
    }
    return (slice_is(text, "Infinity") || slice_is(text, "-Infinity")) && infinity(text, out);
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
        return infinity(text, out);
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
    case KIND_NUMERIC: return decimal(text_trim(text), out);
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
    return fits(arena, column, text, out, e) ||
           (!error_is_set(e) && misfit(column, type_names[column->kind], text, e));
}

/* ---- what may be equal */

static void add(struct literal *out, struct value value)
{
    out->values[out->n++] = value;
}

/* The bytes that the text is the base64 of, if it is; false without memory. */
static bool add_bytes(struct arena *arena, struct slice text, struct literal *out, struct error *e)
{
    struct value bytes;

    if (bytes_of(arena, text, &bytes, e))
        add(out, bytes);
    return !error_is_set(e);
}

/* What a number's column may hold beside: whole numbers past 64 bits are no mistake, but larger (or
 * smaller) than any. */
static bool not_fitting(struct arena *arena, const struct column *column, struct slice text,
                        struct literal *out, struct error *e)
{
    struct value number;

    if (column->kind == KIND_INTEGER && is_json_number(text) &&
        digits_from(text, text.data[0] == '-') == text.len && literal_number(text, &number)) {
        add(out, number);
        return true;
    }
    if (column->rigid || is_word_null(text))
        return misfit(column, type_names[column->kind], text, e);
    if (infinity(text, &number)) {
        add(out, number);
        return true;
    }
    add(out, value_text(text));
    return add_bytes(arena, text, out, e);
}

/* A column without conversions: whatever the text spells. */
static bool anything(struct arena *arena, struct slice text, struct literal *out, struct error *e)
{
    struct value number;

    add(out, value_text(text));
    out->has_number = literal_number(text, &number);
    if (out->has_number)
        add(out, number);
    return add_bytes(arena, text, out, e);
}

static bool other(struct arena *arena, struct slice text, struct literal *out, struct error *e)
{
    add(out, value_text(text));
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
    add(out, value_text(text));
    if (literal_number(text, &number))
        add(out, number);
    return true;
}

/* The value that NUMERIC affinity makes of a number: a whole one is an integer
 * (sqlite.org/datatype3.html §3). */
static struct value by_affinity(struct value number)
{
    bool whole = number.type == VALUE_REAL && fabs(number.as.real) < 0x1p63 &&
                 number.as.real == trunc(number.as.real);

    return whole ? value_integer((int64_t)number.as.real) : number;
}

/* A number alone is stored as one in a column of type JSON, whose affinity is NUMERIC. */
static bool json(struct arena *arena, const struct column *column, struct slice text,
                 struct literal *out, struct error *e)
{
    struct value number;

    out->is_json = json_valid(text, JSON_DEPTH);
    if (!out->is_json)
        return other(arena, text, out, e);
    if (column->kind == KIND_JSON && literal_number(text, &number))
        add(out, by_affinity(number));
    else
        add(out, value_text(text));
    return true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* 12:00:00 02:00: a time, and after a blank what was its offset. */
static bool has_blank_offset(struct slice text)
{
    const char *tail = text.len > 6 ? text.data + text.len - 6 : NULL;

    return tail && tail[0] == ' ' && is_digit(tail[1]) && is_digit(tail[2]) && tail[3] == ':' &&
           is_digit(tail[4]) && is_digit(tail[5]) &&
           slice_has(slice_make(text.data, text.len - 6), ':');
}

static bool lost_plus(const struct column *column, struct slice text, struct error *e)
{
    (void)misfit(column, "timestamp", text, e);
    return error_hint(e, "A + in a query string is a blank (application/x-www-form-urlencoded): "
                         "write the + of an offset as %%2B.");
}

bool literal_read(struct arena *arena, const struct column *column, struct slice text,
                  struct literal *out, struct error *e)
{
    struct value word;

    out->n = 0;
    out->has_number = out->is_json = false;
    switch (column->kind) {
    case KIND_INTEGER:
    case KIND_REAL:
    case KIND_NUMERIC: return number(arena, column, text, out, e);
    case KIND_BOOLEAN:
        if (is_word_null(text))
            return misfit(column, "boolean", text, e);
        if (boolean_word(text_trim(text), &word))
            add(out, word);
        add(out, value_text(text));
        return true;
    case KIND_BLOB:
        return column->rigid ? number(arena, column, text, out, e) : binary(arena, text, out, e);
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
    add(out, value_text(text));
    return true;
}

/* ---- whether a value is the one that is meant */

static bool numbers_equal(const struct value *a, const struct value *b)
{
    if (a->type == VALUE_INTEGER && b->type == VALUE_INTEGER)
        return a->as.integer == b->as.integer;
    if (a->type == VALUE_REAL && b->type == VALUE_REAL)
        return a->as.real == b->as.real;
    if (a->type == VALUE_INTEGER)
        return (double)a->as.integer == b->as.real;
    return a->as.real == (double)b->as.integer;
}

static bool is_number(const struct value *v)
{
    return v->type == VALUE_INTEGER || v->type == VALUE_REAL;
}

static bool value_equal(const struct value *a, const struct value *b)
{
    if (is_number(a) && is_number(b))
        return numbers_equal(a, b);
    return a->type == b->type && (a->type == VALUE_TEXT || a->type == VALUE_BLOB) &&
           slice_equal(a->as.bytes, b->as.bytes);
}

/* What SQLite's affinity makes of a text that is a number (sqlite.org/datatype3.html §3). */
static struct value as_stored(const struct column *column, const struct value *value)
{
    struct value number;

    if (value->type == VALUE_TEXT && !column->keeps_text && decimal(value->as.bytes, &number))
        return number;
    return *value;
}

bool literal_is(const struct column *column, const struct literal *literal,
                const struct value *value)
{
    const struct value stored = as_stored(column, value);

    for (size_t i = 0; i < literal->n; i++) {
        const struct value meant = as_stored(column, &literal->values[i]);

        if (value_equal(&meant, &stored))
            return true;
    }
    return false;
}
