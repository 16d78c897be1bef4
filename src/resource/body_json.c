/*
 * Bodies that are JSON.
 *
 * SPDX-License-Identifier: MIT
 */
#include "resource/body.h"
#include "resource/body_value.h"
#include "resource/call.h"

static bool load(struct call *call, struct body *body)
{
    if (call->body.len == 0)
        return error_set(&call->error, ERROR_BODY, "Empty or invalid json: there is no body");
    body->root = body_load(buf_slice(&call->body), call->service->max_depth, &call->error);
    return body->root != NULL;
}

static const json_t *row_at(const struct body *body, size_t row)
{
    return json_is_array(body->root) ? json_array_get(body->root, row) : body->root;
}

static bool check_shape(struct call *call, struct body *body)
{
    body->is_array = json_is_array(body->root);
    body->n_rows = body->is_array ? json_array_size(body->root) : 1;
    if (!body_check_rows(call, body->n_rows))
        return false;
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

static bool make_values(struct call *call, struct body *body)
{
    body->values = arena_zeroed(&call->arena, body->n_rows * body->n_set + 1, sizeof *body->values);
    return body->values || error_set(&call->error, ERROR_MEMORY, "out of memory");
}

static const json_t *member(const struct body *body, size_t row, const struct column *column)
{
    return json_object_getn(row_at(body, row), column->name.data, column->name.len);
}

/* Without columns= the columns are those of the first row. */
static bool columns_of_first(struct call *call, struct body *body)
{
    json_t *first = body->n_rows ? (json_t *)row_at(body, 0) : NULL;
    const char *key;
    size_t key_len;
    json_t *value;

    if (!body_make_room(call, body, json_object_size(first)) || !first)
        return body->set != NULL;
    json_object_keylen_foreach(first, key, key_len, value)
    {
        int column = table_column(call->table, slice_make(key, key_len));

        if (column < 0) {
            if (body->is_array)
                call->error.row = 0;
            return body_unknown_column(call, slice_make(key, key_len));
        }
        body->set[body->n_set++] = (struct assignment){.column = column};
    }
    return true;
}

/* True if a row leaves the column out, and its default is to take the place. */
static bool has_holes(const struct call *call, const struct body *body, const struct column *column)
{
    if (call->prefer.missing != PREFER_MISSING_DEFAULT || !column->default_sql)
        return false;
    for (size_t row = 0; row < body->n_rows; row++) {
        if (!member(body, row, column))
            return true;
    }
    return false;
}

static bool columns_asked_for(struct call *call, struct body *body)
{
    size_t n = 0;

    for (const struct name_item *item = call->tree.columns; item; item = item->next)
        n++;
    if (!body_make_room(call, body, n))
        return false;
    for (const struct name_item *item = call->tree.columns; item; item = item->next) {
        int column = table_column(call->table, item->name);

        if (column < 0)
            return body_unknown_column(call, item->name);
        if (body_column(body, column) >= 0)
            continue;
        if (has_holes(call, body, &call->table->columns[column]))
            body->set[body->n_set++] = (struct assignment){.column = column, .given = true};
        body->set[body->n_set++] = (struct assignment){.column = column};
    }
    return true;
}

static bool read_row(struct call *call, struct body *body, size_t row)
{
    struct value *values = body->values + row * body->n_set;

    if (!call->tree.columns && json_object_size(row_at(body, row)) != body->n_set)
        return error_set(&call->error, ERROR_BODY, "All object keys must match");
    for (size_t i = 0; i < body->n_set; i++) {
        const struct column *column = &call->table->columns[body->set[i].column];
        const json_t *value = member(body, row, column);

        if (!value && !call->tree.columns)
            return error_set(&call->error, ERROR_BODY, "All object keys must match");
        if (body->set[i].given)
            values[i] = value_integer(value != NULL);
        else if (!value)
            values[i] = value_null();
        else if (!body_value(&call->arena, column, value, &values[i], &call->error))
            return false;
    }
    return true;
}

static bool read_rows(struct call *call, struct body *body)
{
    if (!make_values(call, body))
        return false;
    for (size_t row = 0; row < body->n_rows; row++) {
        if (read_row(call, body, row))
            continue;
        if (body->is_array)
            call->error.row = (long)row;
        return false;
    }
    return true;
}

bool body_parse_json(struct call *call, struct body *body)
{
    if (body_parse_flat(call, body))
        return true;
    *body = (struct body){0};
    return load(call, body) && check_shape(call, body) &&
           (call->tree.columns ? columns_asked_for(call, body) : columns_of_first(call, body)) &&
           read_rows(call, body);
}

/* RFC 7396: an object merges into what is there, anything else replaces it. */
void body_mark_merges(const struct call *call, struct body *body)
{
    for (size_t i = 0; i < body->n_set; i++) {
        const struct column *column = &call->table->columns[body->set[i].column];
        bool json = column->kind == KIND_JSON || column->kind == KIND_JSONB;

        body->set[i].merge = json && !body->set[i].given && json_is_object(member(body, 0, column));
    }
}

bool body_load_object(struct call *call, struct body *body)
{
    if (call->body.len == 0) {
        body->root = json_object();
        return body->root || error_set(&call->error, ERROR_MEMORY, "out of memory");
    }
    if (!body_is_json(call))
        return false;
    return load(call, body) &&
           (json_is_object(body->root) ||
            error_set(&call->error, ERROR_BODY, "the body must be an object of parameters"));
}
