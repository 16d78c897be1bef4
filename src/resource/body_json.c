/*
 * Bodies that are JSON: one object, an array of objects, or lines of them, read from the left to the
 * right without a document in between.
 *
 * SPDX-License-Identifier: MIT
 */
#include "resource/body.h"
#include "resource/body_value.h"
#include "resource/call.h"
#include "resource/json_rows.h"

/* So many have names that are worth to be expected. */
#define MANY_ROWS 8

static bool no_memory(struct call *call)
{
    return error_set(&call->error, ERROR_MEMORY, "out of memory");
}

/* ---- before the rows: is it an array, of how many? */

static bool count_elements(struct json_rows *rows)
{
    struct json_item item;
    enum json_next step;
    bool first = true;
    long wrong = -1;

    while ((step = json_next_element(&rows->reader, &first)) == JSON_NEXT) {
        if (!json_read(&rows->reader, &item))
            return json_rows_fault(rows);
        if (item.kind != JSON_IS_OBJECT && wrong < 0)
            wrong = (long)rows->body->n_rows;
        rows->body->n_rows++;
    }
    if (step == JSON_FAULT || !json_at_end(&rows->reader))
        return json_rows_fault(rows);
    if (!body_check_rows(rows->call, rows->body->n_rows))
        return false;
    rows->call->error.row = wrong;
    if (wrong < 0)
        return true;
    error_set(&rows->call->error, ERROR_BODY, "All object keys must match");
    return error_details(&rows->call->error, "each element of the array must be an object");
}

/* Leaves the reader before the first row. An array is looked through: it is JSON from here on. */
static bool begin_rows(struct json_rows *rows)
{
    struct json_reader begin;
    struct body *body = rows->body;

    body->is_array = json_enter(&rows->reader, '[');
    body->n_rows = !body->is_array;
    begin = rows->reader;
    if (begin.fault)
        return json_rows_fault(rows);
    if (body->is_array && !count_elements(rows))
        return false;
    rows->reader = begin;
    return true;
}

/* ---- missing=default */

/* One row: which of the columns it gives. */
static bool count_row(struct json_rows *rows, size_t *found)
{
    struct json_item name;
    enum json_next step;
    bool first = true;

    while ((step = json_next_member(&rows->reader, &first, &name)) == JSON_NEXT) {
        struct slice text;
        int column = json_rows_column(rows, &name, SIZE_MAX, &text);

        if (column == -2)
            return false;
        if (!json_rows_pass(rows))
            return false;
        if (column >= 0 && rows->places[column] >= 0)
            found[rows->places[column]]++;
    }
    if (step == JSON_CLOSED)
        return true;
    return json_rows_fault(rows);
}

/* How many rows give each of the columns asked for. */
static bool count_members(struct json_rows *rows, size_t *found)
{
    bool first_row = true;

    for (size_t row = 0; row < rows->body->n_rows; row++) {
        if (rows->lines) /* of an array it is known to be JSON */
            rows->call->error.row = (long)row;
        if (!json_rows_next(rows, &first_row))
            return false;
        if (!count_row(rows, found) || !json_rows_end(rows))
            return false;
    }
    return true;
}

/* A column that a row leaves out, and whose default is to take the place, gets a parameter more
 * before its own: whether there is a value. */
static bool mark_holes(struct json_rows *rows)
{
    struct call *call = rows->call;
    struct body *body = rows->body;
    const struct json_rows begin = *rows;
    const struct assignment *asked = body->set;
    size_t n = body->n_set, *found;

    found = arena_zeroed(&call->arena, n + 1, sizeof *found);
    if (!found)
        return no_memory(call);
    if (!count_members(rows, found))
        return false;
    if (!body_make_room(call, body, n))
        return false;
    rows->reader = begin.reader;
    rows->rest = begin.rest;
    body->n_set = 0;
    for (size_t i = 0; i < n; i++) {
        int column = asked[i].column;

        if (found[i] < body->n_rows && call->table->columns[column].default_sql)
            body->set[body->n_set++] = (struct assignment){.column = column, .given = true};
        rows->places[column] = (int)body->n_set;
        body->set[body->n_set++] = asked[i];
    }
    return true;
}

/* ---- the whole */

void body_empty_row(const struct body *body, struct value *values)
{
    for (size_t i = 0; i < body->n_set; i++) {
        values[i] = value_null();
        if (body->set[i].given)
            values[i] = value_integer(0);
    }
}

/* What a row leaves out is NULL, and not given. */
static bool make_values(struct json_rows *rows)
{
    struct body *body = rows->body;

    body->values =
        arena_zeroed(&rows->call->arena, body->n_rows * body->n_set + 1, sizeof *body->values);
    rows->seen = arena_zeroed(&rows->call->arena, body->n_set + 1, sizeof *rows->seen);
    if (!body->values || !rows->seen)
        return no_memory(rows->call);
    for (size_t row = 0; row < body->n_rows; row++)
        body_empty_row(body, body->values + row * body->n_set);
    return body->n_rows < MANY_ROWS || json_rows_expect(rows);
}

static bool read_rows(struct json_rows *rows, bool *first, size_t row)
{
    struct body *body = rows->body;

    for (; row < body->n_rows; row++) {
        if (body->is_array)
            rows->call->error.row = (long)row;
        if (!json_rows_next(rows, first))
            return false;
        if (!json_rows_read(rows, row + 1, body->values + row * body->n_set))
            return false;
        if (!json_rows_end(rows))
            return false;
    }
    rows->call->error.row = -1;
    return true;
}

static bool read_asked(struct json_rows *rows)
{
    bool first = true, defaults = rows->call->prefer.missing == PREFER_MISSING_DEFAULT;

    rows->places = body_asked_columns(rows->call, rows->body);
    if (!rows->places)
        return false;
    if (defaults && !mark_holes(rows))
        return false;
    if (!make_values(rows))
        return false;
    return read_rows(rows, &first, 0);
}

/* The columns are those of the first row. */
static bool read_all(struct json_rows *rows)
{
    struct call *call = rows->call;
    struct body *body = rows->body;
    size_t n = call->table->n_columns;
    struct value *values = arena_alloc(&call->arena, (n + 1) * sizeof *values);
    bool first = true;

    if (!values)
        return no_memory(call);
    if (!body_make_room(call, body, n))
        return false;
    rows->places = body_make_places(call);
    if (!rows->places)
        return false;
    body->values = values;
    if (body->n_rows == 0)
        return true;
    if (body->is_array)
        call->error.row = 0;
    if (!json_rows_next(rows, &first))
        return false;
    if (!json_rows_first(rows, values) || !json_rows_end(rows))
        return false;
    call->error.row = -1;
    if (body->n_rows == 1)
        return true;
    if (!make_values(rows))
        return false;
    memcpy(body->values, values, body->n_set * sizeof *values);
    return read_rows(rows, &first, 1);
}

/* The rows, and nothing after them. */
static bool read_body(struct json_rows *rows)
{
    bool ok;

    if (rows->call->tree.columns)
        ok = read_asked(rows);
    else
        ok = read_all(rows);
    if (!ok || rows->body->is_array)
        return ok;
    if (json_at_end(&rows->reader))
        return true;
    return json_rows_fault(rows);
}

bool body_parse_json(struct call *call, struct body *body)
{
    int64_t depth = call->service->max_depth;
    struct json_rows rows = {.call = call, .body = body};
    struct slice text = body_without_mark(buf_slice(&call->body));

    if (text.len == 0) {
        error_set(&call->error, ERROR_BODY, "Empty or invalid json");
        return error_details(&call->error, "there is no body");
    }
    rows.reader = json_reader_make(text, (int)depth);
    if (!begin_rows(&rows))
        return false;
    if (read_body(&rows))
        return true;
    /* Whatever else is wrong, it must be JSON first. */
    if (body->is_array)
        return false;
    return body_check_json(text, depth, &call->error);
}

/* Whatever else is wrong with a line, it must be JSON first. Returns false. */
static bool check_line(const struct json_rows *rows)
{
    struct error *e = &rows->call->error;
    struct json_reader reader;
    struct json_item item;
    long row = e->row;

    if (row < 0 || e->code == ERROR_MEMORY)
        return false;
    reader = json_reader_make(rows->line, (int)rows->call->service->max_depth);
    reader.start = rows->reader.start;
    if (json_read(&reader, &item) && json_at_end(&reader))
        return false;
    error_clear(e);
    e->row = row;
    return body_json_fault(&reader, rows->call->service->max_depth, e);
}

bool body_parse_lines(struct call *call, struct body *body)
{
    struct slice text = body_without_mark(buf_slice(&call->body));
    struct json_rows rows = {.call = call, .body = body, .lines = true, .rest = text};

    body->is_array = true;
    body->n_rows = json_rows_count_lines(text);
    if (!body_check_rows(call, body->n_rows))
        return false;
    rows.reader = json_reader_make(text, (int)call->service->max_depth);
    if (read_body(&rows))
        return true;
    return check_line(&rows);
}
