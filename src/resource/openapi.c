/*
 * The service described by itself: an OpenAPI 3.1 document made from the catalogue, table by table: as
 * a whole it may take hundreds of megabytes as jansson's values.
 *
 * SPDX-License-Identifier: MIT
 */
#include "resource/openapi.h"

#include <stdio.h>

#include "base/ascii.h"
#include "query/rights.h"
#include "store/catalog/catalog.h"
#include "store/catalog/routine.h"
#include "store/run/reader.h"

/* jansson's object constructors take NULL members as failures: one check at the end. */

/* Does a body set it, in an INSERT or an UPDATE? */
static bool is_inserted(const struct column *c)
{
    return !c->generated && !c->preset_insert && (c->rights & RIGHT_INSERT);
}

static bool is_updated(const struct column *c)
{
    return !c->generated && !c->preset_update && (c->rights & RIGHT_UPDATE);
}

static json_t *column_schema(const struct column *c)
{
    json_t *schema = json_loads(openapi_kind_schema[c->kind], 0, NULL);
    json_t *type = json_object_get(schema, "type");

    if (type && !c->not_null)
        json_object_set_new(schema, "type", json_pack("[Os]", type, "null"));
    if (c->type[0])
        json_object_set_new(schema, "description", json_string(c->type));
    if (!is_inserted(c) && !is_updated(c))
        json_object_set_new(schema, "readOnly", json_true());
    if (!(c->rights & RIGHT_SELECT))
        json_object_set_new(schema, "writeOnly", json_true());
    return schema;
}

static json_t *table_schema(const struct table *t)
{
    json_t *properties = json_object(), *required = json_array();

    for (size_t i = 0; i < t->n_columns; i++) {
        const struct column *c = &t->columns[i];

        json_object_set_new(properties, c->name.data, column_schema(c));
        if (c->not_null && !c->default_sql && is_inserted(c) && (int)i != t->rowid_alias)
            json_array_append_new(required, json_string(c->name.data));
    }
    return json_pack("{s:s, s:o, s:o}", "type", "object", "properties", properties, "required",
                     required);
}

static json_t *array_of(json_t *items)
{
    return json_pack("{s:s, s:o}", "type", "array", "items", items);
}

/* The parameters of a collection: what the grammar reserves, and a filter for each column. */
static json_t *list_parameters(const struct table *t, bool change)
{
    static const char *const read[] = {"select", "order", "limit", "offset", "cursor", NULL};
    static const char *const write[] = {"select", "order", "limit", "all", NULL};
    json_t *parameters = json_array();

    for (const char *const *name = change ? write : read; *name; name++)
        json_array_append_new(parameters, openapi_reference("#/components/parameters/", *name));
    for (size_t i = 0; i < t->n_readable; i++)
        json_array_append_new(parameters,
                              json_pack("{s:s, s:s, s:s, s:{s:s}}", "name", t->columns[i].name.data,
                                        "in", "query", "description", "operator.value, as eq.1",
                                        "schema", "type", "string"));
    return parameters;
}

static json_t *key_parameter(const struct table *t)
{
    const char *description =
        t->n_key > 1 ? "the columns of the primary key, separated by commas" : "the primary key";

    return json_pack("[{s:s, s:s, s:b, s:s, s:{s:s}}]", "name", "key", "in", "path", "required", 1,
                     "description", description, "schema", "type", "string");
}

/* What a component's name may have in it (OpenAPI 3.1 §4.8.7). */
static bool is_component_char(char c)
{
    static const struct slice marks = SLICE_LITERAL("._-");

    return ascii_is_letter_or_digit(c) || slice_has(marks, c);
}

/* The name of the table's schema: of a table with other characters in its name it ends in the
 * table's number. */
static const char *component_name(const struct table *t, char out[160])
{
    bool changed = t->name.len > 128;
    size_t n = changed ? 128 : t->name.len;

    for (size_t i = 0; i < n; i++) {
        out[i] = t->name.data[i];
        if (is_component_char(out[i]))
            continue;
        out[i] = '_';
        changed = true;
    }
    out[n] = '\0';
    if (changed)
        snprintf(out + n, 160 - n, "-%zu", t->index);
    return out;
}

static json_t *table_reference(const struct table *t)
{
    char name[160];

    return openapi_reference("#/components/schemas/", component_name(t, name));
}

static json_t *json_of(const struct table *t)
{
    return openapi_content("application/json", table_reference(t));
}

/* What a PATCH takes: any of the columns. */
static json_t *patch_of(const char *type)
{
    return openapi_content(type, json_pack("{s:s}", "type", "object"));
}

static void add_filtered(json_t *path, const char *method, const struct table *t, json_t *op,
                         bool change)
{
    json_object_set_new(op, "parameters", list_parameters(t, change));
    json_object_set_new(path, method, op);
}

static json_t *list_path(const struct table *t)
{
    json_t *path = json_object();
    json_t *list =
        openapi_with_lines(openapi_content("application/json", array_of(table_reference(t))));

    if (rights_has(t, RIGHT_SELECT))
        add_filtered(path, "get", t, openapi_operation(t, "200", list, NULL), false);
    else
        json_decref(list);
    if (t->insertable && rights_has(t, RIGHT_INSERT))
        json_object_set_new(
            path, "post", openapi_operation(t, "201", json_of(t), openapi_with_lines(json_of(t))));
    if (t->updatable && rights_has(t, RIGHT_UPDATE))
        add_filtered(path, "patch", t,
                     openapi_operation(t, "204", NULL, patch_of("application/json")), true);
    if (t->deletable && rights_has(t, RIGHT_DELETE))
        add_filtered(path, "delete", t, openapi_operation(t, "204", NULL, NULL), true);
    return path;
}

static json_t *row_path(const struct table *t)
{
    json_t *path = json_object();

    json_object_set_new(path, "parameters", key_parameter(t));
    json_object_set_new(path, "get", openapi_operation(t, "200", json_of(t), NULL));
    if (!t->insertable) /* served read-only */
        return path;
    if (rights_has(t, RIGHT_INSERT) && rights_has(t, RIGHT_UPDATE))
        json_object_set_new(path, "put", openapi_operation(t, "200", json_of(t), json_of(t)));
    if (rights_has(t, RIGHT_UPDATE))
        json_object_set_new(
            path, "patch",
            openapi_operation(t, "200", json_of(t), patch_of("application/merge-patch+json")));
    if (rights_has(t, RIGHT_DELETE))
        json_object_set_new(path, "delete", openapi_operation(t, "204", NULL, NULL));
    return path;
}

/* Text of JSON at the end of a buffer; the value is released. */
static int append(const char *data, size_t len, void *out)
{
    buf_add(out, data, len);
    return 0;
}

/* More room for the next part: in steps, as twice as much for one that is large may be more than there
 * is. A block of this size grows where it is. */
#define STEP ((size_t)1 << 20)

static void make_room(struct buf *out)
{
    size_t cap = out->cap + STEP;
    char *data;

    if (out->cap < STEP || out->cap - out->len > STEP / 4 || cap > out->max)
        return;
    data = memory_realloc(out->data, cap);
    if (!data)
        return;
    out->data = data;
    out->cap = cap;
}

/* The members of an object, without its braces; NULL is an object that memory did not suffice for. */
static bool write_members(struct buf *out, json_t *object, bool first)
{
    bool ok = object != NULL;

    make_room(out);
    if (!first)
        buf_add_char(out, ',');
    ok = ok && json_dump_callback(object, append, out, JSON_COMPACT | JSON_EMBED) == 0;
    json_decref(object);
    return ok && !out->failed;
}

static json_t *paths_of(const struct call *call, const struct table *t)
{
    char path[1024];
    const char *base = call->service->base_path;
    json_t *paths = json_object();

    snprintf(path, sizeof path, "%s/%s", base, t->name.data);
    json_object_set_new(paths, path, list_path(t));
    if (t->n_key == 0)
        return paths;
    snprintf(path, sizeof path, "%s/%s/{key}", base, t->name.data);
    json_object_set_new(paths, path, row_path(t));
    return paths;
}

static json_t *schema_of(const struct table *t)
{
    char name[160];

    return json_pack("{s:o}", component_name(t, name), table_schema(t));
}

static bool write_paths(struct call *call, struct buf *out)
{
    const struct catalog *catalog = call->catalog;
    bool first = true;

    for (size_t i = 0; i < catalog->n_tables; i++) {
        if (reader_stops(call->reader, &call->error))
            return false;
        if (!write_members(out, paths_of(call, &catalog->tables[i]), first))
            return false;
        first = false;
    }
    for (size_t i = 0; i < catalog->n_routines; i++) {
        json_t *path = json_object();

        openapi_add_routine(call, &catalog->routines[i], path);
        if (json_object_size(path) == 0) { /* it is not served */
            json_decref(path);
            continue;
        }
        if (!write_members(out, path, first))
            return false;
        first = false;
    }
    return true;
}

static bool write_schemas(const struct call *call, struct buf *out)
{
    const struct catalog *catalog = call->catalog;

    for (size_t i = 0; i < catalog->n_tables; i++) {
        if (!write_members(out, schema_of(&catalog->tables[i]), i == 0))
            return false;
    }
    return true;
}

bool openapi_write(struct call *call, struct buf *out)
{
    buf_add_text(out, "{\"openapi\":\"3.1.0\",\"info\":{\"title\":\"thimble\",\"version\":\"");
    buf_add_text(out, call->service->version);
    buf_add_text(out, "\"},\"paths\":{");
    if (!write_paths(call, out))
        return false;
    buf_add_text(out, "},");
    openapi_write_security(call, out);
    buf_add_text(out, openapi_components);
    if (!write_schemas(call, out))
        return false;
    buf_add_char(out, '}');
    openapi_write_security_schemes(call, out);
    buf_add_text(out, "}}");
    return !out->failed;
}
