/*
 * Named queries in the OpenAPI document.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>

#include "resource/openapi.h"
#include "store/routine.h"

static json_t *argument_schema(const struct routine_param *p)
{
    bool untyped = !p->column.type[0];

    return json_loads(untyped ? "{}" : openapi_kind_schema[p->column.kind], 0, NULL);
}

/* A named query: by GET if it only reads, its parameters in the query string. */
static json_t *query_operation(const struct routine *r, bool get)
{
    const struct routine_source *s = r->source;
    json_t *op = openapi_operation(&r->result, r->result.n_columns ? "200" : "204", NULL, NULL);
    json_t *parameters = json_array(), *properties = json_object(), *required = json_array();

    for (size_t i = 0; i < s->n_params; i++) {
        const char *name = s->params[i].column.name.data;

        json_array_append_new(parameters, json_pack("{s:s, s:s, s:b, s:o}", "name", name, "in",
                                                    "query", "required", !s->params[i].optional,
                                                    "schema", argument_schema(&s->params[i])));
        json_object_set_new(properties, name, argument_schema(&s->params[i]));
        if (!s->params[i].optional)
            json_array_append_new(required, json_string(name));
    }
    json_object_set_new(op, "description", json_string(s->about.data));
    json_object_set_new(op, "tags", json_pack("[s]", "rpc"));
    if (get)
        json_object_set(op, "parameters", parameters);
    else
        json_object_set_new(
            op, "requestBody",
            json_pack("{s:o}", "content",
                      openapi_content("application/json",
                                      json_pack("{s:s, s:O, s:O}", "type", "object", "properties",
                                                properties, "required", required))));
    json_decref(parameters);
    json_decref(properties);
    json_decref(required);
    return op;
}

void openapi_add_query(const struct call *call, const struct routine *r, json_t *paths)
{
    json_t *path;
    char name[1024];

    if (r->source->writes && call->service->read_only)
        return;
    path = json_object();
    if (!r->source->writes)
        json_object_set_new(path, "get", query_operation(r, true));
    json_object_set_new(path, "post", query_operation(r, false));
    snprintf(name, sizeof name, "%s/rpc/%s", call->service->base_path, r->source->name.data);
    json_object_set_new(paths, name, path);
}
