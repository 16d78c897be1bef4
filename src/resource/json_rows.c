/* SPDX-License-Identifier: MIT */
#include "resource/json_rows.h"

#include "resource/body.h"
#include "resource/body_value.h"
#include "resource/call.h"

bool json_rows_fault(struct json_rows *rows)
{
    struct call *call = rows->call;

    if (rows->begins.line)
        return body_part_fault(&rows->reader, &rows->begins, call->service->max_depth,
                               &call->error);
    return body_json_fault(&rows->reader, call->service->max_depth, &call->error);
}

bool json_rows_pass(struct json_rows *rows)
{
    struct json_item item;

    if (json_read(&rows->reader, &item))
        return true;
    return json_rows_fault(rows);
}

static struct slice without_blanks_before(struct slice line)
{
    static const struct slice blanks = SLICE_LITERAL(" \t\r");

    while (line.len > 0 && slice_has(blanks, line.data[0]))
        line = slice_after(line, 1);
    return line;
}

struct slice json_rows_line(struct slice *rest)
{
    while (rest->len > 0) {
        struct slice line = slice_first(*rest, slice_find(*rest, '\n'));

        *rest = slice_after(*rest, line.len + (line.len < rest->len));
        line = without_blanks_before(line);
        if (line.len > 0)
            return line;
    }
    return slice_make(NULL, 0);
}

size_t json_rows_count_lines(struct slice text)
{
    size_t n = 0;

    while (json_rows_line(&text).len > 0)
        n++;
    return n;
}

/* Its places are told as those of the whole body. */
static void begin_line(struct json_rows *rows)
{
    const char *start = rows->reader.start;

    rows->line = json_rows_line(&rows->rest);
    rows->reader = json_reader_make(rows->line, (int)rows->call->service->max_depth);
    rows->reader.start = start;
}

bool json_rows_end(struct json_rows *rows)
{
    if (!rows->lines || json_at_end(&rows->reader))
        return true;
    return json_rows_fault(rows);
}

bool json_rows_next(struct json_rows *rows, bool *first)
{
    if (rows->lines)
        begin_line(rows);
    else if (rows->body->is_array && json_next_element(&rows->reader, first) != JSON_NEXT)
        return json_rows_fault(rows);
    if (json_enter(&rows->reader, '{'))
        return true;
    if (rows->reader.fault)
        return json_rows_fault(rows);
    if (rows->lines)
        return error_set(&rows->call->error, ERROR_BODY, "each line of the body must be an object");
    return error_set(&rows->call->error, ERROR_BODY,
                     "the body must be an object or an array of objects");
}

static bool twice(struct call *call, struct slice name)
{
    error_set(&call->error, ERROR_BODY, "the member \"%.*s\" is there twice", SLICE_SHOWN(name));
    return false;
}

/* A text, or a number of another kind, which the row may hold against its column's type. */
static bool take_misfit(struct json_rows *rows, int column, const struct json_item *item,
                        struct value *out)
{
    struct call *call = rows->call;
    struct error ignored = error_none();
    struct misfit what = {
        .column = column, .text = item->text, .is_number = item->kind == JSON_IS_NUMBER};

    if (!body_may_put_off(call, rows->body, column))
        return false;
    if (!what.is_number) {
        if (item->kind != JSON_IS_STRING)
            return false;
        if (!body_string(&call->arena, item, &what.text, &ignored))
            return false; /* for its own reason */
    }
    return body_put_off(call, rows->body, &what, out);
}

/* A member of a row that is looked at: its value. */
static bool take_value(struct json_rows *rows, int column, struct value *out)
{
    struct call *call = rows->call;
    struct json_item item;

    if (!json_read(&rows->reader, &item))
        return json_rows_fault(rows);
    if (body_value(&call->arena, &call->table->columns[column], &item, out, &call->error))
        return true;
    return take_misfit(rows, column, &item, out);
}

/* The column that the first row's member says; -1 with the error. */
static int first_column(struct json_rows *rows, const struct json_item *name)
{
    struct call *call = rows->call;
    struct body *body = rows->body;
    struct slice text;
    int column = json_rows_column(rows, name, SIZE_MAX, &text);

    if (column == -1)
        body_unknown_column(call, text);
    if (column < 0)
        return -1;
    if (rows->places[column] >= 0) {
        twice(call, text);
        return -1;
    }
    rows->places[column] = (int)body->n_set;
    body->set[body->n_set++] = (struct assignment){.column = column};
    return column;
}

bool json_rows_first(struct json_rows *rows, struct value *values)
{
    struct json_item name;
    enum json_next step;
    bool first = true;

    while ((step = json_next_member(&rows->reader, &first, &name)) == JSON_NEXT) {
        int column = first_column(rows, &name);

        if (column < 0 || !take_value(rows, column, &values[rows->body->n_set - 1]))
            return false;
    }
    if (step == JSON_CLOSED)
        return true;
    return json_rows_fault(rows);
}

bool json_rows_names(struct json_rows *rows)
{
    struct json_item name;
    enum json_next step;
    bool first = true;

    while ((step = json_next_member(&rows->reader, &first, &name)) == JSON_NEXT) {
        if (first_column(rows, &name) < 0 || !json_rows_pass(rows))
            return false;
    }
    if (step == JSON_CLOSED)
        return true;
    return json_rows_fault(rows);
}

static bool keys_differ(struct call *call)
{
    error_set(&call->error, ERROR_BODY, "All object keys must match");
    return error_hint(&call->error,
                      "Give every object the same members, or name the columns in columns=: what "
                      "an object leaves out is then NULL, or its default with Prefer: "
                      "missing=default.");
}

/* A member of the nth row, which goes to its place. */
static bool take_member(struct json_rows *rows, size_t n, int column, struct slice name,
                        struct value *values)
{
    int place = rows->places[column];

    if (rows->seen[place] == n)
        return twice(rows->call, name);
    rows->seen[place] = n;
    if (place > 0 && rows->body->set[place - 1].given)
        values[place - 1] = value_integer(1);
    return take_value(rows, column, &values[place]);
}

/* A member that no column is set from: fine if columns= says which are. */
static bool pass_member(struct json_rows *rows)
{
    if (!rows->call->tree.columns)
        return keys_differ(rows->call);
    return json_rows_pass(rows);
}

/* The row's nth member: its column (-1: there is none; -2: out of memory) and its name. */
static enum json_next next_member(struct json_rows *rows, bool *first, size_t nth, int *column,
                                  struct slice *text)
{
    const struct body *body = rows->body;
    struct json_item name;
    enum json_next step;

    if (rows->spelled && nth < body->n_set &&
        json_take_name(&rows->reader, first, rows->spelled[nth])) {
        *column = body->set[nth].column;
        *text = rows->call->table->columns[*column].name;
        return JSON_NEXT;
    }
    step = json_next_member(&rows->reader, first, &name);
    if (step == JSON_NEXT)
        *column = json_rows_column(rows, &name, nth, text);
    return step;
}

bool json_rows_read(struct json_rows *rows, size_t n, struct value *values)
{
    struct call *call = rows->call;
    struct slice text;
    enum json_next step;
    bool first = true;
    size_t found = 0, nth = 0;
    int column;

    while ((step = next_member(rows, &first, nth++, &column, &text)) == JSON_NEXT) {
        bool is_set = column >= 0 && rows->places[column] >= 0, ok;

        if (column == -2)
            return false;
        if (is_set)
            ok = take_member(rows, n, column, text, values);
        else
            ok = pass_member(rows);
        if (!ok)
            return false;
        found += is_set;
    }
    if (step != JSON_CLOSED)
        return json_rows_fault(rows);
    if (call->tree.columns || found == rows->body->n_set)
        return true;
    return keys_differ(call);
}
