/* SPDX-License-Identifier: MIT */
#include "resource/body_value.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "query/json_out.h"
#include "query/plan.h"

/* Nesting of JSON within a field of text. */
#define JSON_DEPTH 100

static const char *kind_name(enum column_kind kind)
{
    static const char *const names[] = {
        [KIND_TEXT] = "text",       [KIND_INTEGER] = "integer", [KIND_REAL] = "double precision",
        [KIND_NUMERIC] = "numeric", [KIND_BOOLEAN] = "boolean", [KIND_JSON] = "json",
        [KIND_JSONB] = "jsonb",     [KIND_BLOB] = "base64",
    };

    return names[kind];
}

/* The value as compact JSON text in the arena. */
static bool json_text(struct arena *arena, const json_t *json, struct value *out, struct error *e)
{
    const size_t flags = JSON_COMPACT | JSON_ENCODE_ANY;
    size_t len = json_dumpb(json, NULL, 0, flags);
    char *text = arena_alloc(arena, len + 1);

    if (!text || len == 0)
        return error_set(e, ERROR_MEMORY, "out of memory");
    json_dumpb(json, text, len, flags);
    *out = value_text(slice_make(text, len));
    return true;
}

static bool misfit(struct arena *arena, const struct column *column, const json_t *json,
                   struct error *e)
{
    struct value shown;

    error_column(e, column->name.data);
    if (!json_text(arena, json, &shown, e))
        return false;
    if (shown.as.bytes.len > 80)
        shown.as.bytes.len = 80;
    error_set(e, ERROR_VALUE, "invalid input syntax for type %s: %.*s", kind_name(column->kind),
              SLICE_ARG(shown.as.bytes));
    return error_hint(e, "The column \"%s\" takes %s.", column->name.data, kind_name(column->kind));
}

/* A real that is a whole number, as 1.0 or 1e3, where a double stands for one integer alone. */
static bool whole(double real, int64_t *out)
{
    if (fabs(real) > 9007199254740991.0 || nearbyint(real) != real)
        return false;
    *out = (int64_t)real;
    return true;
}

static bool number_value(struct arena *arena, const struct column *column, const json_t *json,
                         struct value *out, struct error *e)
{
    int64_t integer;

    switch (column->kind) {
    case KIND_INTEGER:
        if (json_is_integer(json))
            *out = value_integer(json_integer_value(json));
        else if (whole(json_real_value(json), &integer))
            *out = value_integer(integer);
        else
            return misfit(arena, column, json, e);
        return true;
    case KIND_REAL: *out = value_real(json_number_value(json)); return true;
    case KIND_NUMERIC:
        *out = json_is_integer(json) ? value_integer(json_integer_value(json))
                                     : value_real(json_real_value(json));
        return true;
    case KIND_BOOLEAN:
        integer = json_is_integer(json) ? json_integer_value(json) : -1;
        *out = value_integer(integer);
        return integer == 0 || integer == 1 || misfit(arena, column, json, e);
    case KIND_TEXT:
        return json_text(arena, json, out, e); /* as PostgreSQL reads a number for a text */
    default: return misfit(arena, column, json, e);
    }
}

static bool string_value(struct arena *arena, const struct column *column, const json_t *json,
                         struct value *out, struct error *e)
{
    struct slice text = slice_make(json_string_value(json), json_string_length(json));

    if (column->kind == KIND_TEXT || (column->kind == KIND_NUMERIC && !column->type[0])) {
        *out = value_text(text);
        return true;
    }
    return plan_value(arena, column, text, out, e) || misfit(arena, column, json, e);
}

bool body_value(struct arena *arena, const struct column *column, const json_t *json,
                struct value *out, struct error *e)
{
    if (json_is_null(json)) {
        *out = value_null();
        return true;
    }
    if (column->kind == KIND_JSON || column->kind == KIND_JSONB)
        return json_text(arena, json, out, e);
    if (json_is_string(json))
        return string_value(arena, column, json, out, e);
    if (json_is_number(json))
        return number_value(arena, column, json, out, e);
    if (json_is_boolean(json) && column->kind == KIND_BOOLEAN) {
        *out = value_integer(json_is_true(json));
        return true;
    }
    if (column->kind == KIND_TEXT)
        return json_text(arena, json, out, e);
    return misfit(arena, column, json, e);
}

bool body_text_value(struct arena *arena, const struct column *column, struct slice text,
                     struct value *out, struct error *e)
{
    bool json = column->kind == KIND_JSON || column->kind == KIND_JSONB;

    if (json && !json_out_valid(text, JSON_DEPTH)) {
        error_column(e, column->name.data);
        return error_set(e, ERROR_VALUE, "invalid input syntax for type json: \"%.*s\"",
                         (int)(text.len > 80 ? 80 : text.len), text.data ? text.data : "");
    }
    return plan_value(arena, column, text, out, e);
}

/* Before the parser, which nests as the text does: how deep is it? */
static bool check_depth(struct slice text, int64_t max, struct error *e)
{
    bool in_string = false;
    int64_t depth = 0;

    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];

        if (in_string) {
            if (c == '\\')
                i++;
            in_string = c != '"';
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            if (++depth > max)
                return error_set(e, ERROR_BODY, "the body is nested more than %lld deep",
                                 (long long)max);
        } else if (c == '}' || c == ']') {
            depth--;
        }
    }
    return true;
}

json_t *body_load(struct slice text, int64_t max_depth, struct error *e)
{
    const size_t flags = JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES | JSON_DECODE_ANY;
    json_error_t cause;
    json_t *root;

    if (!check_depth(text, max_depth, e))
        return NULL;
    root = json_loadb(text.data, text.len, flags, &cause);
    if (root)
        return root;
    if (slice_has(text, '\n'))
        error_set(e, ERROR_BODY, "Empty or invalid json: %s (line %d, column %d)", cause.text,
                  cause.line, cause.column);
    else
        error_set(e, ERROR_BODY, "Empty or invalid json: %s (column %d)", cause.text, cause.column);
    return NULL;
}

bool body_no_column(const struct table *table, struct slice name, struct error *e)
{
    const char *near = table_suggest_column(table, name);
    int shown = (int)(name.len > 80 ? 80 : name.len);

    snprintf(e->column, sizeof e->column, "%.*s", shown, name.data);
    error_set(e, ERROR_NO_BODY_COLUMN,
              "Could not find the '%.*s' column of '%s' in the schema cache", shown, name.data,
              table->name.data);
    return near ? error_hint(e, "Perhaps you meant the column '%s'", near) : false;
}
