/*
 * Text as a column's value: what a filter, a path segment or a CSV field means.
 *
 * SPDX-License-Identifier: MIT
 */
#include "query/plan.h"

#include "base/parse.h"
#include "base/text.h"

static bool misfit(const struct column *column, const char *type, struct slice text,
                   struct error *e)
{
    error_column(e, column->name.data);
    error_set(e, ERROR_VALUE, "invalid input syntax for type %s: \"%.*s\"", type,
              (int)(text.len > 80 ? 80 : text.len), text.data ? text.data : "");
    if (text_equal_nocase(text, slice_from("null")))
        return error_hint(e, "Where there is no value: %s=is.null.", column->name.data);
    return error_hint(e, "The column \"%s\" takes %s.", column->name.data, type);
}

static bool boolean_value(const struct column *column, struct slice text, struct value *out,
                          struct error *e)
{
    bool value;

    if (text_equal_nocase(text, slice_from("t")))
        value = true;
    else if (text_equal_nocase(text, slice_from("f")))
        value = false;
    else if (!parse_bool(text, &value))
        return misfit(column, "boolean", text, e);
    *out = value_integer(value);
    return true;
}

static bool blob_value(struct arena *arena, const struct column *column, struct slice text,
                       struct value *out, struct error *e)
{
    unsigned char *bytes = arena_alloc(arena, text.len / 4 * 3 + 1);
    long n = bytes ? text_base64_decode(text, bytes) : 0;

    if (!bytes)
        return error_set(e, ERROR_MEMORY, "out of memory");
    if (n < 0)
        return misfit(column, "base64", text, e);
    *out = value_blob(slice_make((char *)bytes, (size_t)n));
    return true;
}

static bool numeric_value(const struct column *column, struct slice text, struct value *out,
                          struct error *e)
{
    int64_t integer;
    double real;

    if (parse_int64(text, &integer))
        *out = value_integer(integer);
    else if (parse_double(text, &real))
        *out = value_real(real);
    else if (column->type[0] == '\0') /* no declared type: anything goes */
        *out = value_text(text);
    else
        return misfit(column, "numeric", text, e);
    return true;
}

/* Blanks around what is no text do not count, as in PostgreSQL: in.(1, 2). */
static struct slice without_blanks(const struct column *column, struct slice text)
{
    bool keeps = column->kind == KIND_TEXT || column->kind == KIND_BLOB || !column->type[0];

    return keeps ? text : text_trim(text);
}

bool plan_value(struct arena *arena, const struct column *column, struct slice text,
                struct value *out, struct error *e)
{
    int64_t integer;
    double real;

    text = without_blanks(column, text);
    switch (column->kind) {
    case KIND_INTEGER:
        if (!parse_int64(text, &integer))
            return misfit(column, "integer", text, e);
        *out = value_integer(integer);
        return true;
    case KIND_REAL:
        if (!parse_double(text, &real))
            return misfit(column, "double precision", text, e);
        *out = value_real(real);
        return true;
    case KIND_NUMERIC: return numeric_value(column, text, out, e);
    case KIND_BOOLEAN: return boolean_value(column, text, out, e);
    case KIND_BLOB: return blob_value(arena, column, text, out, e);
    case KIND_TEXT:
    case KIND_JSON:
    case KIND_JSONB:
    case KIND_NESTED: break;
    }
    *out = value_text(text);
    return true;
}
