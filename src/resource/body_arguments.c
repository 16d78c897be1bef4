/*
 * A JSON body as the parameters of a named query.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/json.h"
#include "query/json_out.h"
#include "resource/body.h"
#include "resource/body_value.h"
#include "resource/call.h"
#include "resource/rpc.h"
#include "store/catalog/routine.h"

/* Every element as the parameter's type, and the array's text anew. The text is sound JSON. */
static bool array_value(struct call *call, const struct routine_param *param, struct slice text,
                        struct value *out)
{
    struct json_reader reader = json_reader_make(text, (int)call->service->max_depth);
    struct json_item item;
    struct value element;
    struct buf array;
    bool first = true, ok = json_enter(&reader, '[');

    buf_init(&array, text.len * RPC_ARRAY_GROWTH + 64);
    buf_add_char(&array, '[');
    while (ok && json_next_element(&reader, &first) == JSON_NEXT && json_read(&reader, &item)) {
        if (array.len > 1)
            buf_add_char(&array, ',');
        ok = body_value(&call->arena, &param->column, &item, &element, &call->error);
        if (ok)
            json_out_value(&array, &element, param->column.kind);
    }
    buf_add_char(&array, ']');
    ok = ok && rpc_keep_text(call, &array, out);
    buf_finish(&array);
    return ok;
}

static bool array_misfit(struct call *call, const struct routine_param *param)
{
    error_column(&call->error, param->column.name.data);
    error_set(&call->error, ERROR_VALUE, "the parameter \"%s\" is an array",
              param->column.name.data);
    return error_hint(&call->error, "Send a JSON array, or a text like {1,2}.");
}

static bool argument(struct call *call, const struct routine_param *param,
                     const struct json_item *item, struct value *out)
{
    struct slice text;

    if (!param->is_array || item->kind == JSON_IS_NULL)
        return body_value(&call->arena, &param->column, item, out, &call->error);
    if (item->kind == JSON_IS_ARRAY)
        return array_value(call, param, item->text, out);
    if (item->kind != JSON_IS_STRING)
        return array_misfit(call, param);
    return body_string(&call->arena, item, &text, &call->error) &&
           rpc_array_literal(call, param, text, out);
}

static bool take(struct call *call, struct rpc *r, struct slice name, const struct json_item *item)
{
    const struct routine_source *routine = r->routine->source;
    int i = routine_find_param(routine, name);

    if (!body_is_wanted(call, &r->wanted, name))
        return true;
    if (i < 0)
        return rpc_wrong_parameters(call, r, name);
    if (r->given[i])
        return error_set(&call->error, ERROR_BODY, "the member \"%s\" is there twice",
                         routine->params[i].column.name.data);
    r->given[i] = true;
    return argument(call, &routine->params[i], item, &r->values[i]);
}

static bool no_object(struct call *call)
{
    error_set(&call->error, ERROR_BODY, "the body must be an object of parameters");
    return error_hint(&call->error, "An array of one such object will do, too.");
}

/* The text is one JSON value. */
static bool take_members(struct call *call, struct rpc *r, struct slice text)
{
    struct json_reader reader = json_reader_make(text, (int)call->service->max_depth);
    bool first = true, first_element = true;
    bool in_array = json_enter(&reader, '[');
    struct json_item name, item;
    struct slice decoded;

    if (in_array && json_next_element(&reader, &first_element) != JSON_NEXT)
        return no_object(call);
    if (!json_enter(&reader, '{'))
        return no_object(call);
    while (json_next_member(&reader, &first, &name) == JSON_NEXT && json_read(&reader, &item)) {
        if (!body_string(&call->arena, &name, &decoded, &call->error) ||
            !take(call, r, decoded, &item))
            return false;
    }
    return !in_array || json_next_element(&reader, &first_element) == JSON_CLOSED ||
           no_object(call);
}

bool body_arguments(struct call *call, struct rpc *r)
{
    struct slice text = body_without_mark(buf_slice(&call->body));

    return text.len == 0 || (body_check_json(text, call->service->max_depth, &call->error) &&
                             take_members(call, r, text));
}
