/*
 * Parameters that are arrays: bound as the text of a JSON array, for json_each().
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/text.h"
#include "query/array_literal.h"
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
    error_set(&call->error, ERROR_VALUE, "malformed array literal: \"%.*s\"", SLICE_SHOWN(text));
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

bool rpc_array_literal(struct call *call, const struct routine_param *param, struct slice text,
                       struct value *out)
{
    struct array_literal literal;
    struct buf array;
    bool ok = true;

    text = text_trim(text);
    if (!array_literal_read(&call->arena, text, &literal, &call->error))
        return error_is_set(&call->error) ? false : malformed(call, param, text);
    buf_init(&array, text.len * RPC_ARRAY_GROWTH + 64);
    buf_add_char(&array, '[');
    for (size_t i = 0; i < literal.n && ok; i++)
        ok = add_element(call, param, &array, literal.items[i], !literal.items[i].data);
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
