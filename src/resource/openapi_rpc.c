/*
 * Named queries in the OpenAPI document.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>

#include "resource/openapi.h"
#include "store/catalog/routine.h"

static json_t *column_schema(const struct column *column)
{
    return json_loads(openapi_kind_schema[column->kind], 0, NULL);
}

static json_t *argument_schema(const struct routine_param *p)
{
    json_t *schema = column_schema(&p->column);

    if (p->is_array)
        return json_pack("{s:s, s:o}", "type", "array", "items", schema);
    return schema;
}

static json_t *row_schema(const struct table *result)
{
    json_t *properties = json_object();

    for (size_t i = 0; i < result->n_columns; i++)
        json_object_set_new(properties, result->columns[i].name.data,
                            column_schema(&result->columns[i]));
    return json_pack("{s:s, s:o}", "type", "object", "properties", properties);
}

/* What the query answers, as "content"; NULL: nothing. */
static json_t *result_content(const struct routine *r)
{
    const struct routine_source *s = r->source;
    json_t *item = NULL;
    const char *media = s->media ? s->media : "application/octet-stream";

    if (r->result.n_columns == 0)
        return NULL;
    switch (s->returns) {
    case RETURNS_FILE: return openapi_content(media, json_object());
    case RETURNS_SCALAR:
        return openapi_content("application/json", column_schema(&r->result.columns[0]));
    case RETURNS_ONE: return openapi_content("application/json", row_schema(&r->result));
    case RETURNS_SCALARS: item = column_schema(&r->result.columns[0]); break;
    case RETURNS_MANY: item = row_schema(&r->result); break;
    }
    return openapi_with_lines(openapi_content(
        "application/json", json_pack("{s:s, s:o}", "type", "array", "items", item)));
}

/* The parameters that are in the query string: all but the one that is the body. */
static json_t *query_parameters(const struct routine_source *s)
{
    json_t *parameters = json_array();

    for (size_t i = 0; i < s->n_params; i++) {
        if ((int)i == s->body)
            continue;
        json_array_append_new(parameters, json_pack("{s:s, s:s, s:b, s:o}", "name",
                                                    s->params[i].column.name.data, "in", "query",
                                                    "required", !s->params[i].optional, "schema",
                                                    argument_schema(&s->params[i])));
    }
    return parameters;
}

static json_t *body_content(const struct routine_param *p)
{
    const char *media = "text/plain";

    if (p->column.kind == KIND_JSON || p->column.kind == KIND_JSONB)
        return openapi_content("application/json", json_object());
    if (p->column.kind == KIND_BLOB)
        media = "application/octet-stream";
    return openapi_content(media, json_object());
}

/* The parameters as members of an object. */
static json_t *arguments_content(const struct routine_source *s)
{
    json_t *properties = json_object(), *required = json_array();

    for (size_t i = 0; i < s->n_params; i++) {
        const char *name = s->params[i].column.name.data;

        json_object_set_new(properties, name, argument_schema(&s->params[i]));
        if (!s->params[i].optional)
            json_array_append_new(required, json_string(name));
    }
    return openapi_content("application/json",
                           json_pack("{s:s, s:o, s:o}", "type", "object", "properties", properties,
                                     "required", required));
}

/* A named query: by GET if it only reads, its parameters in the query string. */
static json_t *routine_operation(const struct routine *r, bool get)
{
    const struct routine_source *s = r->source;
    json_t *op =
        openapi_operation(&r->result, r->result.n_columns ? "200" : "204", result_content(r), NULL);
    json_t *body = NULL;

    if (get || s->body >= 0)
        json_object_set_new(op, "parameters", query_parameters(s));
    if (!get)
        body = s->body >= 0 ? body_content(&s->params[s->body]) : arguments_content(s);
    if (body)
        json_object_set_new(op, "requestBody", json_pack("{s:o}", "content", body));
    json_object_set_new(op, "description", json_string(s->about.data));
    json_object_set_new(op, "tags", json_pack("[s]", "rpc"));
    return op;
}

void openapi_add_routine(const struct call *call, const struct routine *r, json_t *paths)
{
    json_t *path;
    char name[1024];

    if (r->source->writes && call->service->read_only)
        return;
    path = json_object();
    if (!r->source->writes && r->source->body < 0)
        json_object_set_new(path, "get", routine_operation(r, true));
    json_object_set_new(path, "post", routine_operation(r, false));
    snprintf(name, sizeof name, "%s/rpc/%s", call->service->base_path, r->source->name.data);
    json_object_set_new(paths, name, path);
}
