/*
 * A body as the parameters of a named query.
 *
 * SPDX-License-Identifier: MIT
 */
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

bool body_arguments(struct call *call, const struct routine_source *routine, struct value *values,
                    bool *given, struct body *body)
{
    const char *key;
    size_t key_len;
    json_t *value;

    *body = (struct body){0};
    if (!body_load_object(call, body))
        return false;
    json_object_keylen_foreach(body->root, key, key_len, value)
    {
        int i = find(routine, key, key_len);

        if (i < 0) {
            snprintf(call->error.column, sizeof call->error.column, "%.*s",
                     (int)(key_len > 80 ? 80 : key_len), key);
            return error_set(&call->error, ERROR_NO_ROUTINE,
                             "the query %s has no parameter \"%.*s\"", routine->name.data,
                             (int)(key_len > 80 ? 80 : key_len), key);
        }
        if (!body_value(&call->arena, &routine->params[i].column, value, &values[i], &call->error))
            return false;
        given[i] = true;
    }
    return true;
}
