/* SPDX-License-Identifier: MIT */
#include "resource/body_value.h"

#include <math.h>

#include "base/parse.h"
#include "query/json_out.h"
#include "query/literal.h"

/* Nesting of JSON within a field of text. */
#define JSON_DEPTH 100

static const char *kind_name(enum column_kind kind)
{
    static const char *const names[] = {
        [KIND_TEXT] = "text",       [KIND_INTEGER] = "integer", [KIND_REAL] = "double precision",
        [KIND_NUMERIC] = "numeric", [KIND_BOOLEAN] = "boolean", [KIND_JSON] = "json",
        [KIND_JSONB] = "jsonb",     [KIND_BLOB] = "base64",     [KIND_ANY] = "any",
        [KIND_OTHER] = "any",
    };

    return names[kind];
}

static bool is_untyped(const struct column *column)
{
    return column->kind == KIND_ANY || column->kind == KIND_OTHER;
}

static bool misfit(const struct column *column, struct slice text, struct error *e)
{
    error_column(e, column->name.data);
    error_set(e, ERROR_VALUE, "invalid input syntax for type %s: %.*s", kind_name(column->kind),
              SLICE_SHOWN(text));
    return error_hint(e, "The column \"%s\" takes %s.", column->name.data, kind_name(column->kind));
}

static bool is_json_kind(enum column_kind kind)
{
    return kind == KIND_JSON || kind == KIND_JSONB;
}

static bool is_nested(const struct json_item *item)
{
    return item->kind == JSON_IS_ARRAY || item->kind == JSON_IS_OBJECT;
}

/* The type's limit is SQLite's: 64 bits, or a double's largest. */
static bool out_of_range(const struct column *column, struct slice number, struct error *e)
{
    const char *takes = "what a double can hold, up to 1.7976931348623157e308";

    if (column->kind == KIND_INTEGER)
        takes = "integers from -9223372036854775808 to 9223372036854775807";
    error_column(e, column->name.data);
    error_set(e, ERROR_OUT_OF_RANGE, "the value %.*s is out of range for type %s",
              SLICE_ARG(slice_first(number, 80)), kind_name(column->kind));
    return error_hint(e,
                      "The column \"%s\" takes %s. A larger number can be kept in a column of "
                      "TEXT or within JSON.",
                      column->name.data, takes);
}

static bool real_value(const struct column *column, const struct json_item *item, struct value *out,
                       struct error *e)
{
    double real;

    if (!parse_double(item->text, &real))
        return out_of_range(column, item->text, e);
    *out = value_real(real);
    return true;
}

/* A number that is no 64-bit integer: too large for one, or not whole. */
static bool not_an_integer(const struct column *column, const struct json_item *item,
                           struct error *e)
{
    double real;

    if (item->integer)
        return out_of_range(column, item->text, e);
    if (!parse_double(item->text, &real) || fabs(real) >= 0x1p63)
        return out_of_range(column, item->text, e);
    return misfit(column, item->text, e);
}

/* Whole numbers, however they are spelled: 12, 12.0, 1e18. */
static bool integer_value(const struct column *column, const struct json_item *item,
                          struct value *out, struct error *e)
{
    int64_t integer;
    bool ok;

    if (item->integer)
        ok = parse_int64(item->text, &integer);
    else
        ok = parse_whole(item->text, &integer);
    if (!ok)
        return not_an_integer(column, item, e);
    *out = value_integer(integer);
    return true;
}

/* An integer as one; past 64 bits SQLite's integers are reals, and JavaScript writes 1e20 with all its
 * zeros. */
static bool any_number_value(const struct column *column, const struct json_item *item,
                             struct value *out, struct error *e)
{
    int64_t integer;

    if (item->integer && parse_int64(item->text, &integer)) {
        *out = value_integer(integer);
        return true;
    }
    return real_value(column, item, out, e);
}

/* 0 and 1 */
static bool bit_value(const struct column *column, const struct json_item *item, struct value *out,
                      struct error *e)
{
    int64_t integer;

    if (!item->integer || !parse_int64(item->text, &integer))
        return misfit(column, item->text, e);
    if (integer != 0 && integer != 1)
        return misfit(column, item->text, e);
    *out = value_integer(integer);
    return true;
}

static bool number_value(const struct column *column, const struct json_item *item,
                         struct value *out, struct error *e)
{
    switch (column->kind) {
    case KIND_INTEGER: return integer_value(column, item, out, e);
    case KIND_REAL: return real_value(column, item, out, e);
    case KIND_NUMERIC:
    case KIND_ANY:
    case KIND_OTHER: return any_number_value(column, item, out, e);
    case KIND_BOOLEAN: return bit_value(column, item, out, e);
    default: return misfit(column, item->text, e);
    }
}

static bool string_value(struct arena *arena, const struct column *column,
                         const struct json_item *item, struct value *out, struct error *e)
{
    struct slice text;

    if (!body_string(arena, item, &text, e))
        return false;
    if (column->kind == KIND_TEXT || is_untyped(column)) {
        *out = value_text(text);
        return true;
    }
    return literal_value(arena, column, text, out, e);
}

/* JSON that is a number alone becomes one: SQLite's affinity for a column that is declared JSON is
 * NUMERIC. What a double cannot hold would be infinite. */
static bool keeps_number(const struct column *column, struct slice json)
{
    struct json_reader reader = json_reader_make(json, JSON_DEPTH_MAX);
    struct json_item item;
    double real;

    if (column->kind != KIND_JSON)
        return true;
    if (json_enter(&reader, '{') || json_enter(&reader, '['))
        return true;
    if (!json_read(&reader, &item))
        return true;
    if (item.kind != JSON_IS_NUMBER)
        return true;
    return parse_double(item.text, &real);
}

/* Numbers, strings and their order as they are spelled, without the blanks between them. */
static bool spelled_value(struct arena *arena, const struct json_item *item, struct value *out,
                          struct error *e)
{
    char *text;

    *out = value_text(item->text);
    if (!is_nested(item) || item->plain)
        return true;
    text = arena_alloc(arena, item->text.len);
    if (!text)
        return error_set(e, ERROR_MEMORY, "out of memory");
    *out = value_text(slice_make(text, json_compact(item, text)));
    return true;
}

/* Does the column take the JSON itself, as it is spelled? */
static bool takes_json(const struct column *column, const struct json_item *item)
{
    if (is_json_kind(column->kind))
        return true;
    if (column->kind == KIND_TEXT)
        return item->kind != JSON_IS_STRING;
    return is_untyped(column) && is_nested(item);
}

static bool boolean_value(const struct column *column, const struct json_item *item,
                          struct value *out, struct error *e)
{
    if (column->kind != KIND_BOOLEAN && !is_untyped(column))
        return misfit(column, item->text, e);
    *out = value_integer(item->text.data[0] == 't');
    return true;
}

bool body_value(struct arena *arena, const struct column *column, const struct json_item *item,
                struct value *out, struct error *e)
{
    if (item->kind == JSON_IS_NULL) {
        *out = value_null();
        return true;
    }
    if (takes_json(column, item)) {
        if (!keeps_number(column, item->text))
            return out_of_range(column, item->text, e);
        return spelled_value(arena, item, out, e);
    }
    switch (item->kind) {
    case JSON_IS_STRING: return string_value(arena, column, item, out, e);
    case JSON_IS_NUMBER: return number_value(column, item, out, e);
    case JSON_IS_BOOLEAN: return boolean_value(column, item, out, e);
    default: return misfit(column, item->text, e);
    }
}

static bool json_text_value(const struct column *column, struct slice text, struct value *out,
                            struct error *e)
{
    if (!json_valid(text, JSON_DEPTH)) {
        error_column(e, column->name.data);
        return error_set(e, ERROR_VALUE, "invalid input syntax for type json: \"%.*s\"",
                         SLICE_SHOWN(text));
    }
    *out = value_text(text);
    if (keeps_number(column, text))
        return true;
    return out_of_range(column, text, e);
}

bool body_text_value(struct arena *arena, const struct column *column, struct slice text, bool bare,
                     struct value *out, struct error *e)
{
    if (is_json_kind(column->kind))
        return json_text_value(column, text, out, e);
    if (!is_untyped(column))
        return literal_value(arena, column, text, out, e);
    if (bare && json_out_number(text, out))
        return true;
    *out = value_text(text);
    return true;
}
