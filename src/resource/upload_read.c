/*
 * A record of an upload as a row, or as the columns of all rows.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/text.h"
#include "resource/body_value.h"
#include "resource/call.h"
#include "resource/csv.h"
#include "resource/upload_rows.h"

/* ---- what is wrong with a record */

static struct body_place place_of(const struct upload *u)
{
    return (struct body_place){(size_t)u->records.line, (size_t)u->records.column};
}

static bool too_long(const struct upload *u, struct error *e)
{
    error_set(e, ERROR_TOO_LARGE, "a row is over %zu bytes", u->records.max);
    if (u->form == FORM_CSV)
        return error_hint(e, "Send smaller rows, or raise --max-body. Is every quote closed?");
    return error_hint(e, "Send smaller rows, or raise --max-body.");
}

/* Around the elements. */
static bool no_array(const struct upload *u, struct error *e)
{
    bool is_begin = u->n == 0 && !u->records.json.opened;

    error_set(e, ERROR_BODY, "Empty or invalid json");
    error_details(e, "%s (line %lld, column %lld)", u->records.fault, (long long)u->records.line,
                  (long long)u->records.column);
    if (!is_begin)
        return false;
    return error_hint(e,
                      "A body over --max-body is an array, a row for each element; or lines: send "
                      "Content-Type: application/x-ndjson, a row for each.");
}

/* What is no object, if it is JSON. */
static bool no_object(const struct upload *u)
{
    struct error *e = &u->call->error;

    if (u->form != FORM_JSON)
        return error_set(e, ERROR_BODY, "each line of the body must be an object");
    error_set(e, ERROR_BODY, "All object keys must match");
    return error_details(e, "each element of the array must be an object");
}

/* ---- rows of JSON */

static bool enter_object(struct upload *u, struct slice text)
{
    u->json.reader = json_reader_make(text, (int)u->call->service->max_depth);
    u->json.begins = place_of(u);
    if (json_enter(&u->json.reader, '{'))
        return true;
    if (u->json.reader.fault)
        return json_rows_fault(&u->json);
    return no_object(u);
}

static bool leave_object(struct upload *u)
{
    if (json_at_end(&u->json.reader))
        return true;
    if (u->form == FORM_JSON)
        u->json.reader.fault = "a comma or ] is expected";
    return json_rows_fault(&u->json);
}

/* Whatever else is wrong, it must be JSON first. */
static bool check_json(struct upload *u, struct slice text)
{
    struct call *call = u->call;
    const struct body_place place = place_of(u);

    if (call->error.code == ERROR_MEMORY)
        return false;
    return body_check_part(text, &place, call->service->max_depth, &call->error);
}

static bool read_object(struct upload *u, struct slice text)
{
    struct value *values = u->body->values;

    if (u->call->tree.columns) /* else a row gives all of them */
        body_empty_row(u->body, values);
    if (enter_object(u, text) && json_rows_read(&u->json, u->n, values))
        return leave_object(u);
    return check_json(u, text);
}

static bool read_names(struct upload *u, struct slice text)
{
    if (enter_object(u, text) && json_rows_names(&u->json))
        return leave_object(u);
    return check_json(u, text);
}

/* ---- rows of CSV */

static bool begin_line(struct upload *u, struct slice text, struct csv *csv)
{
    *csv = (struct csv){.text = text, .arena = &u->call->arena};
    if (text_utf8_valid(text))
        return true;
    return error_set(&u->call->error, ERROR_BODY, "the body is not UTF-8");
}

static bool read_line(struct upload *u, struct slice text)
{
    struct csv csv;

    return begin_line(u, text, &csv) && body_fields_line(&u->fields, &csv, u->body->values);
}

static bool read_header(struct upload *u, struct slice text)
{
    struct csv csv;

    if (!begin_line(u, text, &csv))
        return false;
    return body_fields_begin(&u->fields, csv_count_fields(&csv)) &&
           body_fields_header(&u->fields, &csv) && body_fields_end(&u->fields, 1);
}

/* What is no record. */
static bool check_record(const struct upload *u, enum record record, struct error *e)
{
    switch (record) {
    case RECORD_TOO_LONG: return too_long(u, e);
    case RECORD_FAULT: return no_array(u, e);
    case RECORD_FAILED: return false;
    case RECORD_GIVEN:
    case RECORD_END: break;
    }
    return true;
}

/* ---- columns */

/* With missing=default any row may leave a column out, whose default is then to take its place. */
static bool mark_holes(struct upload *u)
{
    const struct table *table = u->call->table;
    struct body *body = u->body;
    const struct assignment *asked = body->set;
    size_t n = body->n_set;

    if (!body_make_room(u->call, body, n))
        return false;
    body->n_set = 0;
    for (size_t i = 0; i < n; i++) {
        int column = asked[i].column;

        if (table->columns[column].default_sql)
            body->set[body->n_set++] = (struct assignment){.column = column, .given = true};
        u->json.places[column] = (int)body->n_set;
        body->set[body->n_set++] = asked[i];
    }
    return true;
}

static bool asked_columns(struct upload *u)
{
    u->json.places = body_asked_columns(u->call, u->body);
    if (!u->json.places)
        return false;
    return u->call->prefer.missing != PREFER_MISSING_DEFAULT || mark_holes(u);
}

/* Room for a row of JSON. */
static bool make_row(struct upload *u)
{
    size_t n = u->body->n_set + 1;

    u->body->values = arena_zeroed(&u->call->arena, n, sizeof *u->body->values);
    u->json.seen = arena_zeroed(&u->call->arena, n, sizeof *u->json.seen);
    if (u->body->values && u->json.seen)
        return json_rows_expect(&u->json);
    return error_set(&u->call->error, ERROR_MEMORY, "out of memory");
}

static bool first_columns(struct upload *u, struct slice text)
{
    if (!body_make_room(u->call, u->body, u->call->table->n_columns))
        return false;
    u->json.places = body_make_places(u->call);
    return u->json.places && read_names(u, text);
}

bool upload_read_columns(struct upload *u, enum record record, struct slice text)
{
    if (!check_record(u, record, &u->call->error))
        return false;
    if (u->form == FORM_CSV && record == RECORD_END)
        return error_set(&u->call->error, ERROR_BODY, "there is no body");
    if (u->form == FORM_CSV)
        return read_header(u, text);
    if (u->call->tree.columns)
        return asked_columns(u) && make_row(u);
    return (record == RECORD_END || first_columns(u, text)) && make_row(u);
}

bool upload_read_row(struct upload *u, enum record record, struct slice text, struct error *e)
{
    if (!check_record(u, record, e))
        return false;
    if (u->form == FORM_CSV)
        return read_line(u, text);
    return read_object(u, text);
}
