/*
 * Parameters that are arrays: bound as the text of a JSON array, for json_each().
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/text.h"
#include "query/json_out.h"
#include "query/literal.h"
#include "resource/rpc.h"

bool rpc_keep_text(struct call *call, const struct buf *text, struct value *out)
{
    char *copy = text->failed ? NULL : arena_copy(&call->arena, buf_slice(text));

    if (!copy)
        return error_set(&call->error, ERROR_MEMORY, "out of memory");
    *out = value_text(slice_make(copy, text->len));
    return true;
}

static bool malformed(struct call *call, const struct routine_param *param, struct slice text)
{
    error_column(&call->error, param->column.name.data);
    error_set(&call->error, ERROR_VALUE, "malformed array literal: \"%.*s\"",
              (int)(text.len > 80 ? 80 : text.len), text.data);
    return error_hint(&call->error,
                      "An array is written {1,2}; with double quotes around what holds "
                      "a comma, a brace or a quote.");
}

/* Appends one element: its text, or NULL. */
static bool add_element(struct call *call, const struct routine_param *param, struct buf *out,
                        struct slice text, bool null)
{
    bool untyped = !param->column.type[0];
    struct value value = value_null();

    if (!null && untyped)
        value = value_text(text);
    else if (!null && !literal_value(&call->arena, &param->column, text, &value, &call->error))
        return false;
    if (out->len > 1)
        buf_add_char(out, ',');
    json_out_value(out, &value, untyped ? KIND_TEXT : param->column.kind);
    return true;
}

/* One element of a literal up to its comma, unquoted into `copy`; false if it is malformed, or if
 * there is none. */
static bool next_element(struct slice *rest, char *copy, struct slice *out, bool *null)
{
    struct slice text = text_trim(*rest);
    bool quoted = text.len > 0 && text.data[0] == '"';
    size_t i = quoted, n = 0;

    for (; i < text.len; i++) {
        char c = text.data[i];

        if (c == '\\') {
            if (++i == text.len)
                return false;
            c = text.data[i];
        } else if (quoted ? c == '"' : c == ',') {
            break;
        } else if (!quoted && (c == '{' || c == '}' || c == '"')) {
            return false;
        }
        copy[n++] = c;
    }
    if (quoted && i == text.len)
        return false;
    *rest = text_trim(slice_make(text.data + i + quoted, text.len - i - quoted));
    *out = quoted ? slice_make(copy, n) : text_trim(slice_make(copy, n));
    *null = !quoted && text_equal_nocase(*out, slice_from("null"));
    return quoted || out->len > 0;
}

static bool literal_elements(struct call *call, const struct routine_param *param,
                             struct slice text, struct buf *out)
{
    struct slice rest = text_trim(slice_make(text.data + 1, text.len - 2));
    char *copy = arena_alloc(&call->arena, text.len + 1);
    bool more = rest.len > 0;

    if (!copy)
        return error_set(&call->error, ERROR_MEMORY, "out of memory");
    while (more) {
        struct slice element;
        bool null;

        if (!next_element(&rest, copy, &element, &null))
            return malformed(call, param, text);
        if (!add_element(call, param, out, element, null))
            return false;
        more = rest.len > 0;
        if (more && rest.data[0] != ',')
            return malformed(call, param, text);
        if (more)
            rest = slice_make(rest.data + 1, rest.len - 1);
    }
    return true;
}

bool rpc_array_literal(struct call *call, const struct routine_param *param, struct slice text,
                       struct value *out)
{
    struct buf array;
    bool ok;

    text = text_trim(text);
    if (text.len < 2 || text.data[0] != '{' || text.data[text.len - 1] != '}')
        return malformed(call, param, text);
    buf_init(&array, text.len * RPC_ARRAY_GROWTH + 64);
    buf_add_char(&array, '[');
    ok = literal_elements(call, param, text, &array);
    buf_add_char(&array, ']');
    ok = ok && rpc_keep_text(call, &array, out);
    buf_finish(&array);
    return ok;
}

bool rpc_array_texts(struct call *call, const struct routine_param *param,
                     const struct parameter *texts, struct value *out)
{
    bool braces = !texts->next && texts->value.len > 0 && texts->value.data[0] == '{';
    struct buf array;
    size_t bytes = 64;
    bool ok = true;

    if (braces)
        return rpc_array_literal(call, param, texts->value, out);
    for (const struct parameter *t = texts; t; t = t->next)
        bytes += t->value.len * RPC_ARRAY_GROWTH + 8;
    buf_init(&array, bytes);
    buf_add_char(&array, '[');
    for (const struct parameter *t = texts; t && ok; t = t->next)
        ok = add_element(call, param, &array, t->value, false);
    buf_add_char(&array, ']');
    ok = ok && rpc_keep_text(call, &array, out);
    buf_finish(&array);
    return ok;
}
