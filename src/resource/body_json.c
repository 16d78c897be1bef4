/*
 * Bodies that are JSON: one object, or an array of objects, read from the left to the right without
 * a document in between.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/json.h"
#include "resource/body.h"
#include "resource/body_value.h"
#include "resource/call.h"

struct rows {
    struct call *call;
    struct body *body;
    struct json_reader reader;
    int *places;  /* of each column of the table in body->set; -1: none */
    size_t *seen; /* of each place: the row that gave it last, counted from 1 */
};

static bool no_memory(struct call *call)
{
    return error_set(&call->error, ERROR_MEMORY, "out of memory");
}

static bool fail_syntax(struct rows *rows)
{
    return body_json_fault(&rows->reader, rows->call->service->max_depth, &rows->call->error);
}

/* ---- the columns */

/* The member's column: the one that stands there in most rows, or looked up. -1: there is none;
 * -2: out of memory. */
static int find_column(struct rows *rows, const struct json_item *name, size_t nth,
                       struct slice *text)
{
    const struct table *table = rows->call->table;
    const struct body *body = rows->body;

    if (!body_string(&rows->call->arena, name, text, &rows->call->error))
        return rows->call->error.code == ERROR_MEMORY ? -2 : -1;
    if (nth < body->n_set && slice_equal(table->columns[body->set[nth].column].name, *text))
        return body->set[nth].column;
    return table_column(table, *text);
}

static bool twice(struct call *call, struct slice name)
{
    error_set(&call->error, ERROR_BODY, "the member \"%.*s\" is there twice",
              (int)(name.len > 80 ? 80 : name.len), name.data);
    return false;
}

/* ---- rows */

/* A member of a row that is looked at: its value. */
static bool take_value(struct rows *rows, int column, struct value *out)
{
    struct json_item item;

    if (!json_read(&rows->reader, &item))
        return fail_syntax(rows);
    return body_value(&rows->call->arena, &rows->call->table->columns[column], &item, out,
                      &rows->call->error);
}

static bool pass_value(struct rows *rows)
{
    struct json_item item;

    return json_read(&rows->reader, &item) || fail_syntax(rows);
}

/* Without columns= the first row says which columns there are. */
static bool first_member(struct rows *rows, const struct json_item *name, struct value *values)
{
    struct call *call = rows->call;
    struct body *body = rows->body;
    struct slice text;
    int column = find_column(rows, name, SIZE_MAX, &text);

    if (column < 0)
        return column == -1 && body_unknown_column(call, text);
    if (rows->places[column] >= 0)
        return twice(call, text);
    rows->places[column] = (int)body->n_set;
    body->set[body->n_set] = (struct assignment){.column = column};
    return take_value(rows, column, &values[body->n_set++]);
}

static bool first_row(struct rows *rows, struct value *values)
{
    struct json_item name;
    enum json_next step;
    bool first = true;

    while ((step = json_next_member(&rows->reader, &first, &name)) == JSON_NEXT) {
        if (!first_member(rows, &name, values))
            return false;
    }
    return step == JSON_CLOSED || fail_syntax(rows);
}

static bool keys_differ(struct call *call)
{
    error_set(&call->error, ERROR_BODY, "All object keys must match");
    return error_hint(&call->error,
                      "Give every object the same members, or name the columns in columns=: what "
                      "an object leaves out is then NULL, or its default with Prefer: "
                      "missing=default.");
}

/* Row `n`, from 1, of columns that are known; the value of what it leaves out is there already. */
static bool read_row(struct rows *rows, size_t n, struct value *values)
{
    struct call *call = rows->call;
    struct json_item name;
    enum json_next step;
    bool first = true;
    size_t found = 0, nth = 0;

    while ((step = json_next_member(&rows->reader, &first, &name)) == JSON_NEXT) {
        struct slice text;
        int column = find_column(rows, &name, nth++, &text);
        int place = column < 0 ? -1 : rows->places[column];

        if (column == -2)
            return false;
        if (place < 0) {
            if (!call->tree.columns)
                return keys_differ(call);
            if (!pass_value(rows))
                return false;
            continue;
        }
        if (rows->seen[place] == n)
            return twice(call, text);
        rows->seen[place] = n;
        found++;
        if (place > 0 && rows->body->set[place - 1].given)
            values[place - 1] = value_integer(1);
        if (!take_value(rows, column, &values[place]))
            return false;
    }
    if (step != JSON_CLOSED)
        return fail_syntax(rows);
    return call->tree.columns || found == rows->body->n_set || keys_differ(call);
}

/* The next row's object, or the body's own. *first is true before the first. */
static bool next_row(struct rows *rows, bool *first)
{
    if (rows->body->is_array && json_next_element(&rows->reader, first) != JSON_NEXT)
        return fail_syntax(rows);
    if (json_enter(&rows->reader, '{'))
        return true;
    return rows->reader.fault ? fail_syntax(rows)
                              : error_set(&rows->call->error, ERROR_BODY,
                                          "the body must be an object or an array of objects");
}

/* ---- before the rows: is it an array, of how many? */

static bool count_elements(struct rows *rows)
{
    struct json_item item;
    enum json_next step;
    bool first = true;
    long wrong = -1;

    while ((step = json_next_element(&rows->reader, &first)) == JSON_NEXT) {
        if (!json_read(&rows->reader, &item))
            return fail_syntax(rows);
        if (item.kind != JSON_IS_OBJECT && wrong < 0)
            wrong = (long)rows->body->n_rows;
        rows->body->n_rows++;
    }
    if (step == JSON_FAULT || !json_at_end(&rows->reader))
        return fail_syntax(rows);
    if (!body_check_rows(rows->call, rows->body->n_rows))
        return false;
    rows->call->error.row = wrong;
    if (wrong < 0)
        return true;
    error_set(&rows->call->error, ERROR_BODY, "All object keys must match");
    return error_details(&rows->call->error, "each element of the array must be an object");
}

/* Leaves the reader before the first row. An array is looked through: it is JSON from here on. */
static bool begin_rows(struct rows *rows)
{
    struct json_reader begin;

    rows->body->is_array = json_enter(&rows->reader, '[');
    rows->body->n_rows = !rows->body->is_array;
    begin = rows->reader;
    if (begin.fault || (rows->body->is_array && !count_elements(rows)))
        return begin.fault ? fail_syntax(rows) : false;
    rows->reader = begin;
    return true;
}

/* ---- missing=default */

/* How many rows give each of the columns asked for. */
static bool count_members(struct rows *rows, size_t *found)
{
    bool first_row = true;

    for (size_t row = 0; row < rows->body->n_rows; row++) {
        struct json_item name;
        enum json_next step;
        bool first = true;

        if (!next_row(rows, &first_row))
            return false;
        while ((step = json_next_member(&rows->reader, &first, &name)) == JSON_NEXT) {
            struct slice text;
            int column = find_column(rows, &name, SIZE_MAX, &text);

            if (column == -2 || !pass_value(rows))
                return false;
            if (column >= 0 && rows->places[column] >= 0)
                found[rows->places[column]]++;
        }
        if (step != JSON_CLOSED)
            return fail_syntax(rows);
    }
    return true;
}

/* A column that a row leaves out, and whose default is to take the place, gets a parameter more
 * before its own: whether there is a value. */
static bool mark_holes(struct rows *rows)
{
    struct call *call = rows->call;
    struct body *body = rows->body;
    struct json_reader begin = rows->reader;
    const struct assignment *asked = body->set;
    size_t n = body->n_set, *found;

    found = arena_zeroed(&call->arena, n + 1, sizeof *found);
    if (!found)
        return no_memory(call);
    if (!count_members(rows, found) || !body_make_room(call, body, n))
        return false;
    rows->reader = begin;
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

/* What a row leaves out is NULL, and not given. */
static bool make_values(struct rows *rows)
{
    struct body *body = rows->body;
    size_t n = 0;

    body->values =
        arena_zeroed(&rows->call->arena, body->n_rows * body->n_set + 1, sizeof *body->values);
    rows->seen = arena_zeroed(&rows->call->arena, body->n_set + 1, sizeof *rows->seen);
    if (!body->values || !rows->seen)
        return no_memory(rows->call);
    for (size_t row = 0; row < body->n_rows; row++) {
        for (size_t i = 0; i < body->n_set; i++)
            body->values[n++] = body->set[i].given ? value_integer(0) : value_null();
    }
    return true;
}

static bool read_rows(struct rows *rows, bool *first, size_t row)
{
    struct body *body = rows->body;

    for (; row < body->n_rows; row++) {
        if (body->is_array)
            rows->call->error.row = (long)row;
        if (!next_row(rows, first) || !read_row(rows, row + 1, body->values + row * body->n_set))
            return false;
    }
    rows->call->error.row = -1;
    return true;
}

static bool read_asked(struct rows *rows)
{
    bool first = true, defaults = rows->call->prefer.missing == PREFER_MISSING_DEFAULT;

    rows->places = body_asked_columns(rows->call, rows->body);
    return rows->places && (!defaults || mark_holes(rows)) && make_values(rows) &&
           read_rows(rows, &first, 0);
}

/* The columns are those of the first row. */
static bool read_all(struct rows *rows)
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
    if (!next_row(rows, &first) || !first_row(rows, values))
        return false;
    call->error.row = -1;
    if (body->n_rows == 1)
        return true;
    if (!make_values(rows))
        return false;
    memcpy(body->values, values, body->n_set * sizeof *values);
    return read_rows(rows, &first, 1);
}

bool body_parse_json(struct call *call, struct body *body)
{
    int64_t depth = call->service->max_depth;
    struct rows rows = {.call = call, .body = body};
    struct slice text = body_without_mark(buf_slice(&call->body));

    if (text.len == 0) {
        error_set(&call->error, ERROR_BODY, "Empty or invalid json");
        return error_details(&call->error, "there is no body");
    }
    rows.reader = json_reader_make(text, (int)depth);
    if (!begin_rows(&rows))
        return false;
    if ((call->tree.columns ? read_asked(&rows) : read_all(&rows)) &&
        (body->is_array || json_at_end(&rows.reader) || fail_syntax(&rows)))
        return true;
    /* Whatever else is wrong, it must be JSON first. */
    return body->is_array ? false : body_check_json(text, depth, &call->error);
}

void body_mark_merges(const struct table *table, struct body *body)
{
    for (size_t i = 0; i < body->n_set; i++) {
        const struct column *column = &table->columns[body->set[i].column];
        const struct value *value = &body->values[i];
        bool json = column->kind == KIND_JSON || column->kind == KIND_JSONB;

        body->set[i].merge = json && !body->set[i].given && value->type == VALUE_TEXT &&
                             value->as.bytes.data[0] == '{';
    }
}
