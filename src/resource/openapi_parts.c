/*
 * What the paths of tables and of named queries are both made of, and what is the same of all.
 *
 * SPDX-License-Identifier: MIT
 */
#include "resource/openapi.h"

#include "store/catalog/catalog.h"

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

json_t *openapi_with_lines(json_t *content)
{
    static const char *const types[] = {"application/x-ndjson", "text/csv"};

    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        json_object_set_new(content, types[i], json_pack("{s:{s:s}}", "schema", "type", "string"));
    return content;
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

/* The parts that do not depend on the schema; those that do go on from there. */
const char openapi_components[] =
    "\"components\":{\"parameters\":{"
    "\"select\":{\"name\":\"select\",\"in\":\"query\",\"schema\":{\"type\":\"string\"},"
    "\"description\":\"columns and related resources, separated by commas\"},"
    "\"order\":{\"name\":\"order\",\"in\":\"query\",\"schema\":{\"type\":\"string\"},"
    "\"description\":\"column.asc or column.desc, separated by commas\"},"
    "\"limit\":{\"name\":\"limit\",\"in\":\"query\","
    "\"schema\":{\"type\":\"integer\",\"minimum\":0}},"
    "\"offset\":{\"name\":\"offset\",\"in\":\"query\","
    "\"schema\":{\"type\":\"integer\",\"minimum\":0}},"
    "\"cursor\":{\"name\":\"cursor\",\"in\":\"query\",\"schema\":{\"type\":\"string\"},"
    "\"description\":\"empty, or from the Link header of the page before\"},"
    "\"all\":{\"name\":\"all\",\"in\":\"query\",\"schema\":{\"type\":\"boolean\"},"
    "\"description\":\"true: a change of every row is meant\"}},"
    "\"responses\":{\"problem\":{\"description\":\"a failure (RFC 9457)\",\"content\":{"
    "\"application/problem+json\":{\"schema\":{\"type\":\"object\",\"properties\":{"
    "\"title\":{\"type\":\"string\"},\"status\":{\"type\":\"integer\"},"
    "\"detail\":{\"type\":\"string\"},\"code\":{\"type\":\"string\"},"
    "\"hint\":{\"type\":[\"string\",\"null\"]}}}}}}},\"schemas\":{";

static const char security_schemes[] =
    ",\"securitySchemes\":{"
    "\"bearer\":{\"type\":\"http\",\"scheme\":\"bearer\",\"bearerFormat\":\"JWT\"},"
    "\"apikey\":{\"type\":\"apiKey\",\"in\":\"header\",\"name\":\"apikey\"}}";

void openapi_write_security(const struct call *call, struct buf *out)
{
    if (!call->catalog->access)
        return;
    buf_add_text(out, "\"security\":[{\"bearer\":[]},{\"apikey\":[]}");
    if (call->anonymous)
        buf_add_text(out, ",{}");
    buf_add_text(out, "],");
}

void openapi_write_security_schemes(const struct call *call, struct buf *out)
{
    if (call->catalog->access)
        buf_add_text(out, security_schemes);
}
