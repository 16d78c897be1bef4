/*
 * What the paths of tables and of named queries are both made of.
 *
 * SPDX-License-Identifier: MIT
 */
#include "resource/openapi.h"

const char *const openapi_kind_schema[] = {
    [KIND_TEXT] = "{\"type\":\"string\"}",
    [KIND_INTEGER] = "{\"type\":\"integer\",\"format\":\"int64\"}",
    [KIND_REAL] = "{\"type\":\"number\",\"format\":\"double\"}",
    [KIND_NUMERIC] = "{\"type\":\"number\"}",
    [KIND_BOOLEAN] = "{\"type\":\"boolean\"}",
    [KIND_JSON] = "{}",
    [KIND_JSONB] = "{}",
    [KIND_ANY] = "{}",
    [KIND_OTHER] = "{}",
    [KIND_BLOB] = "{\"type\":\"string\",\"contentEncoding\":\"base64\"}",
};

json_t *openapi_reference(const char *kind, const char *name)
{
    return json_pack("{s:s+}", "$ref", kind, name);
}

json_t *openapi_content(const char *type, json_t *schema)
{
    return json_pack("{s:{s:o}}", type, "schema", schema);
}

json_t *openapi_operation(const struct table *t, const char *status, json_t *body, json_t *request)
{
    json_t *answer = json_pack("{s:s}", "description", "done");
    json_t *op, *responses;

    if (body)
        json_object_set_new(answer, "content", body);
    responses = json_pack("{s:o, s:o}", status, answer, "default",
                          openapi_reference("#/components/responses/", "problem"));
    op = json_pack("{s:[s], s:o}", "tags", t->name.data, "responses", responses);
    if (request)
        json_object_set_new(op, "requestBody",
                            json_pack("{s:b, s:o}", "required", 1, "content", request));
    return op;
}
