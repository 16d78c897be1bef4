/*
 * A body as the parameters of a named query.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>

#include "base/json.h"
#include "resource/body.h"
#include "resource/body_value.h"
#include "resource/call.h"
#include "store/routine.h"

static int find(const struct routine_source *r, const char *key, size_t len)
{
    for (size_t i = 0; i < r->n_params; i++) {
        if (slice_equal(r->params[i].column.name, slice_make(key, len)))
            return (int)i;
    }
    return -1;
}

static bool no_parameter(struct call *call, const struct routine_source *routine, struct slice name)
{
    int shown = (int)(name.len > 80 ? 80 : name.len);

    snprintf(call->error.column, sizeof call->error.column, "%.*s", shown, name.data);
    return error_set(&call->error, ERROR_NO_ROUTINE, "the query %s has no parameter \"%.*s\"",
                     routine->name.data, shown, name.data);
}

static bool take(struct call *call, const struct routine_source *routine, struct slice name,
                 const struct json_item *item, struct value *values, bool *given)
{
    int i = find(routine, name.data, name.len);

    if (i < 0)
        return no_parameter(call, routine, name);
    if (given[i])
        return error_set(&call->error, ERROR_BODY, "the member \"%s\" is there twice",
                         routine->params[i].column.name.data);
    given[i] = true;
    return body_value(&call->arena, &routine->params[i].column, item, &values[i], &call->error);
}

/* The text is one JSON value. */
static bool take_members(struct call *call, const struct routine_source *routine, struct slice text,
                         struct value *values, bool *given)
{
    struct json_reader reader = json_reader_make(text, (int)call->service->max_depth);
    struct json_item name, item;
    struct slice decoded;
    bool first = true;

    if (!json_enter(&reader, '{'))
        return error_set(&call->error, ERROR_BODY, "the body must be an object of parameters");
    while (json_next_member(&reader, &first, &name) == JSON_NEXT && json_read(&reader, &item)) {
        if (!body_string(&call->arena, &name, &decoded, &call->error) ||
            !take(call, routine, decoded, &item, values, given))
            return false;
    }
    return true;
}

bool body_arguments(struct call *call, const struct routine_source *routine, struct value *values,
                    bool *given)
{
    struct slice text = body_without_mark(buf_slice(&call->body));

    return text.len == 0 ||
           (body_is_json(call) && body_check_json(text, call->service->max_depth, &call->error) &&
            take_members(call, routine, text, values, given));
}
