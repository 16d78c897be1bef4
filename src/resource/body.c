/* SPDX-License-Identifier: MIT */
#include "resource/body.h"

#include "base/text.h"
#include "resource/body_value.h"
#include "resource/call.h"

/* The media type without its parameters. */
static struct slice media_type(const struct call *call)
{
    struct slice type = call->content_type;
    const char *semicolon = type.len ? memchr(type.data, ';', type.len) : NULL;

    if (semicolon)
        type.len = (size_t)(semicolon - type.data);
    return text_trim(type);
}

void body_seed(void)
{
    json_object_seed(0);
}

bool body_is_merge_patch(const struct call *call)
{
    return text_equal_nocase(media_type(call), slice_from("application/merge-patch+json"));
}

static bool check_type(struct call *call)
{
    struct slice type = media_type(call);

    if (type.len == 0 || text_equal_nocase(type, slice_from("application/json")) ||
        body_is_merge_patch(call))
        return true;
    error_set(&call->error, ERROR_MEDIA_TYPE, "the content type \"%.*s\" is not understood",
              (int)(type.len > 80 ? 80 : type.len), type.data);
    return error_hint(&call->error, "Send JSON with Content-Type: application/json.");
}

/* Before the parser, which nests as the text does: how deep is it? */
static bool check_depth(struct call *call)
{
    struct slice text = buf_slice(&call->body);
    bool in_string = false;
    int64_t depth = 0;

    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];

        if (in_string) {
            if (c == '\\')
                i++;
            in_string = c != '"';
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            if (++depth > call->service->max_depth)
                return error_set(&call->error, ERROR_BODY, "the body is nested more than %lld deep",
                                 (long long)call->service->max_depth);
        } else if (c == '}' || c == ']') {
            depth--;
        }
    }
    return true;
}

static bool load(struct call *call, struct body *body)
{
    const size_t flags = JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES | JSON_DECODE_ANY;
    json_error_t cause;

    if (call->body.len == 0)
        return error_set(&call->error, ERROR_BODY, "Empty or invalid json: there is no body");
    body->root = json_loadb(call->body.data, call->body.len, flags, &cause);
    if (body->root)
        return true;
    return error_set(&call->error, ERROR_BODY, "Empty or invalid json: %s (line %d, column %d)",
                     cause.text, cause.line, cause.column);
}

static const json_t *row_at(const struct body *body, size_t row)
{
    return body->is_array ? json_array_get(body->root, row) : body->root;
}

static bool check_shape(struct call *call, enum body_use use, struct body *body)
{
    body->is_array = json_is_array(body->root);
    if (body->is_array && use != BODY_CREATE)
        return error_set(&call->error, ERROR_BODY, "the body must be one object");
    body->n_rows = body->is_array ? json_array_size(body->root) : 1;
    if ((int64_t)body->n_rows > call->service->max_elements) {
        error_set(&call->error, ERROR_TOO_LARGE, "the array has %zu elements, %lld are allowed",
                  body->n_rows, (long long)call->service->max_elements);
        return error_hint(&call->error, "Send several requests, or raise --max-elements.");
    }
    for (size_t i = 0; i < body->n_rows; i++) {
        if (json_is_object(row_at(body, i)))
            continue;
        if (body->is_array)
            call->error.row = (long)i;
        return error_set(&call->error, ERROR_BODY, "%s must be an object",
                         body->is_array ? "each element of the array" : "the body");
    }
    return true;
}

static bool unknown_column(struct call *call, struct slice name)
{
    const char *near = table_suggest_column(call->table, name);
    int shown = (int)(name.len > 80 ? 80 : name.len);

    snprintf(call->error.column, sizeof call->error.column, "%.*s", shown, name.data);
    error_set(&call->error, ERROR_NO_BODY_COLUMN,
              "Could not find the '%.*s' column of '%s' in the schema cache", shown, name.data,
              call->table->name.data);
    return near ? error_hint(&call->error, "Perhaps you meant the column '%s'", near) : false;
}

/* The columns are those of the first row. */
static bool read_columns(struct call *call, struct body *body)
{
    json_t *first = body->n_rows ? (json_t *)row_at(body, 0) : NULL;
    const char *key;
    size_t key_len;
    json_t *value;

    body->set = arena_alloc(&call->arena, (json_object_size(first) + call->table->n_columns + 1) *
                                              sizeof *body->set);
    if (!body->set)
        return error_set(&call->error, ERROR_MEMORY, "out of memory");
    if (!first)
        return true;
    json_object_keylen_foreach(first, key, key_len, value)
    {
        int column = table_column(call->table, slice_make(key, key_len));

        if (column < 0) {
            if (body->is_array)
                call->error.row = 0;
            return unknown_column(call, slice_make(key, key_len));
        }
        body->set[body->n_set++] = (struct assignment){.column = column};
    }
    return true;
}

static bool read_row(struct call *call, struct body *body, size_t row)
{
    const json_t *object = row_at(body, row);

    if (json_object_size(object) != body->n_set)
        return error_set(&call->error, ERROR_BODY, "All object keys must match");
    for (size_t i = 0; i < body->n_set; i++) {
        const struct column *column = &call->table->columns[body->set[i].column];
        const json_t *value = json_object_getn(object, column->name.data, column->name.len);

        if (!value)
            return error_set(&call->error, ERROR_BODY, "All object keys must match");
        if (!body_value(&call->arena, column, value, &body->values[row * body->n_set + i],
                        &call->error))
            return false;
    }
    return true;
}

static bool read_rows(struct call *call, struct body *body)
{
    body->values = arena_zeroed(&call->arena, body->n_rows * body->n_set + 1, sizeof *body->values);
    if (!body->values)
        return error_set(&call->error, ERROR_MEMORY, "out of memory");
    for (size_t row = 0; row < body->n_rows; row++) {
        if (read_row(call, body, row))
            continue;
        if (body->is_array)
            call->error.row = (long)row;
        return false;
    }
    return true;
}

/* RFC 7396: an object merges into what is there, anything else replaces it. */
static void mark_merges(const struct call *call, struct body *body)
{
    for (size_t i = 0; i < body->n_set; i++) {
        const struct column *column = &call->table->columns[body->set[i].column];
        bool json = column->kind == KIND_JSON || column->kind == KIND_JSONB;

        body->set[i].merge = json && json_is_object(json_object_getn(body->root, column->name.data,
                                                                     column->name.len));
    }
}

bool body_parse(struct call *call, enum body_use use, struct body *body)
{
    *body = (struct body){0};
    if (!check_type(call) || !check_depth(call) || !load(call, body) ||
        !check_shape(call, use, body) || !read_columns(call, body) || !read_rows(call, body))
        return false;
    if (use == BODY_MERGE)
        mark_merges(call, body);
    return true;
}

void body_free(struct body *body)
{
    json_decref(body->root);
    body->root = NULL;
}

long body_column(const struct body *body, int column)
{
    for (size_t i = 0; i < body->n_set; i++) {
        if (body->set[i].column == column)
            return (long)i;
    }
    return -1;
}
