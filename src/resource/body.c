/* SPDX-License-Identifier: MIT */
#include "resource/body.h"

#include "base/text.h"
#include "resource/body_value.h"
#include "resource/call.h"

/* The media type without its parameters. */
static struct slice media_type_of(const struct call *call)
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
    return text_equal_nocase(media_type_of(call), slice_from("application/merge-patch+json"));
}

enum body_form { FORM_UNKNOWN, FORM_JSON, FORM_CSV, FORM_FIELDS };

static const struct {
    const char *type;
    enum body_form form;
} forms[] = {
    {"", FORM_JSON},
    {"application/json", FORM_JSON},
    {"application/merge-patch+json", FORM_JSON},
    {"application/vnd.pgrst.object+json", FORM_JSON},
    {"application/vnd.pgrst.array+json", FORM_JSON},
    {"text/csv", FORM_CSV},
    {"application/x-www-form-urlencoded", FORM_FIELDS},
};

static enum body_form find_form(struct call *call)
{
    struct slice type = media_type_of(call);

    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (text_equal_nocase(type, slice_from(forms[i].type)))
            return forms[i].form;
    }
    error_set(&call->error, ERROR_MEDIA_TYPE, "the content type \"%.*s\" is not understood",
              (int)(type.len > 80 ? 80 : type.len), type.data);
    error_hint(&call->error, "Send application/json, text/csv or "
                             "application/x-www-form-urlencoded.");
    return FORM_UNKNOWN;
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
    return json_is_array(body->root) ? json_array_get(body->root, row) : body->root;
}

bool body_check_rows(struct call *call, size_t rows)
{
    if ((int64_t)rows <= call->service->max_elements)
        return true;
    error_set(&call->error, ERROR_TOO_LARGE, "the body has %zu rows, %lld are allowed", rows,
              (long long)call->service->max_elements);
    return error_hint(&call->error, "Send several requests, or raise --max-elements.");
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

bool body_unknown_column(struct call *call, struct slice name)
{
    const char *near = table_suggest_column(call->table, name);
    int shown = (int)(name.len > 80 ? 80 : name.len);

    snprintf(call->error.column, sizeof call->error.column, "%.*s", shown, name.data);
    error_set(&call->error, ERROR_NO_BODY_COLUMN,
              "Could not find the '%.*s' column of '%s' in the schema cache", shown, name.data,
              call->table->name.data);
    return near ? error_hint(&call->error, "Perhaps you meant the column '%s'", near) : false;
}

bool body_make_room(struct call *call, struct body *body, size_t n)
{
    /* A column may take two places, and the key of the path joins them. */
    body->set = arena_alloc(&call->arena, (2 * n + call->table->n_columns + 1) * sizeof *body->set);
    return body->set || error_set(&call->error, ERROR_MEMORY, "out of memory");
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

static bool parse_json(struct call *call, struct body *body)
{
    return check_depth(call) && load(call, body) && check_shape(call, body) &&
           (call->tree.columns ? columns_asked_for(call, body) : columns_of_first(call, body)) &&
           read_rows(call, body);
}

/* RFC 7396: an object merges into what is there, anything else replaces it. */
static void mark_merges(const struct call *call, struct body *body)
{
    for (size_t i = 0; i < body->n_set; i++) {
        const struct column *column = &call->table->columns[body->set[i].column];
        bool json = column->kind == KIND_JSON || column->kind == KIND_JSONB;

        body->set[i].merge = json && json_is_object(member(body, 0, column));
    }
}

bool body_load_object(struct call *call, struct body *body)
{
    if (call->body.len == 0) {
        body->root = json_object();
        return body->root || error_set(&call->error, ERROR_MEMORY, "out of memory");
    }
    if (find_form(call) != FORM_JSON) {
        error_set(&call->error, ERROR_MEDIA_TYPE, "parameters are sent as JSON");
        return false;
    }
    return check_depth(call) && load(call, body) &&
           (json_is_object(body->root) ||
            error_set(&call->error, ERROR_BODY, "the body must be an object of parameters"));
}

bool body_parse(struct call *call, enum body_use use, struct body *body)
{
    bool ok = false;

    *body = (struct body){0};
    switch (find_form(call)) {
    case FORM_JSON: ok = parse_json(call, body); break;
    case FORM_CSV: ok = body_parse_csv(call, body); break;
    case FORM_FIELDS: ok = body_parse_form(call, body); break;
    case FORM_UNKNOWN: break;
    }
    if (ok && use != BODY_CREATE && body->n_rows != 1)
        return error_set(&call->error, ERROR_BODY, "the body must be one object");
    if (ok && use != BODY_CREATE)
        body->is_array = false;
    if (ok && use == BODY_MERGE && body->root)
        mark_merges(call, body);
    return ok;
}

void body_free(struct body *body)
{
    json_decref(body->root);
    body->root = NULL;
}

long body_column(const struct body *body, int column)
{
    for (size_t i = 0; i < body->n_set; i++) {
        if (body->set[i].column == column && !body->set[i].given)
            return (long)i;
    }
    return -1;
}
