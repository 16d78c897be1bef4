/*
 * Bodies that are text without types: CSV and forms.
 *
 * SPDX-License-Identifier: MIT
 */
#include <assert.h>

#include "base/text.h"
#include "query/grammar.h"
#include "resource/body.h"
#include "resource/body_value.h"
#include "resource/call.h"
#include "resource/csv.h"

static bool no_memory(struct call *call)
{
    return error_set(&call->error, ERROR_MEMORY, "out of memory");
}

/* ---- the columns, which columns= may choose from the fields */

struct fields {
    struct call *call;
    struct body *body;
    int *places;           /* of each column of the table in body->set; -1: none */
    bool *given;           /* of each place: a field is there for it */
    int *places_of_fields; /* CSV: of each field of a line; -1: not looked at */
    size_t n;
};

/* Where the columns stand: those of columns=, or as the fields name them. */
static int *make_places(struct fields *f)
{
    if (f->call->tree.columns)
        return body_asked_columns(f->call, f->body);
    if (!body_make_room(f->call, f->body, f->call->table->n_columns))
        return NULL;
    return body_make_places(f->call);
}

/* Room for `n` fields. */
static bool begin_fields(struct fields *f, size_t n)
{
    struct arena *arena = &f->call->arena;

    f->places = make_places(f);
    f->given = arena_zeroed(arena, f->call->table->n_columns + 1, sizeof *f->given);
    f->places_of_fields = arena_alloc(arena, (n + 1) * sizeof *f->places_of_fields);
    if (!f->places)
        return no_memory(f->call); /* or what is said already */
    if (!f->given || !f->places_of_fields)
        return no_memory(f->call);
    return true;
}

/* The place of the field's column in a row, -1: none is set from it. False: there is no such column. */
static bool find_place(struct fields *f, struct slice name, int *place)
{
    struct body *body = f->body;
    int column = body_column_named(f->call, body, name);

    *place = -1;
    if (f->call->tree.columns) {
        if (column >= 0)
            *place = f->places[column];
        return true;
    }
    if (column < 0)
        return body_unknown_column(f->call, name);
    if (f->places[column] < 0) {
        f->places[column] = (int)body->n_set;
        body->set[body->n_set++] = (struct assignment){.column = column};
    }
    *place = f->places[column];
    return true;
}

/* The place of the next field in a row. */
static bool take_field_name(struct fields *f, struct slice name)
{
    const struct table *table = f->call->table;
    int place;

    if (!find_place(f, name, &place))
        return false;
    f->places_of_fields[f->n++] = place;
    if (place < 0)
        return true;
    if (f->given[place])
        return error_set(&f->call->error, ERROR_BODY, "the field \"%s\" is there twice",
                         table->columns[f->body->set[place].column].name.data);
    f->given[place] = true;
    return true;
}

/* With missing=default a column that columns= names and no field is for is left to the database. */
static bool leave_defaults(struct fields *f)
{
    const struct table *table = f->call->table;
    struct body *body = f->body;
    size_t n = 0, was = body->n_set;
    int *moved = arena_alloc(&f->call->arena, (was + 1) * sizeof *moved);

    if (!moved)
        return no_memory(f->call);
    for (size_t i = 0; i < was; i++) {
        bool has_default = table->columns[body->set[i].column].default_sql != NULL;

        moved[i] = -1;
        if (has_default && !f->given[i])
            continue;
        moved[i] = (int)n;
        body->set[n++] = body->set[i];
    }
    for (size_t i = 0; i < f->n; i++) {
        if (f->places_of_fields[i] >= 0)
            f->places_of_fields[i] = moved[f->places_of_fields[i]];
    }
    body->n_set = n;
    return true;
}

/* After the last name: room for `rows` rows, all NULL yet. */
static bool end_fields(struct fields *f, size_t rows)
{
    const struct call *call = f->call;
    struct body *body = f->body;
    bool defaults = call->tree.columns && call->prefer.missing == PREFER_MISSING_DEFAULT;

    if (defaults && !leave_defaults(f))
        return false;
    body->values = arena_zeroed(&f->call->arena, rows * body->n_set + 1, sizeof *body->values);
    if (body->values)
        return true;
    return no_memory(f->call);
}

/* A field's text as the value of the column that is set from it; a field that none is for is passed. */
static bool field_value(const struct fields *f, size_t row, int place, struct slice text, bool bare)
{
    struct call *call = f->call;
    struct body *body = f->body;
    struct misfit what = {.text = text};
    struct value *out;

    if (place < 0)
        return true;
    what.column = body->set[place].column;
    out = &body->values[row * body->n_set + (size_t)place];
    if (body_text_value(&call->arena, &call->table->columns[what.column], text, bare, out,
                        &call->error))
        return true;
    if (!body_may_put_off(call, body, what.column))
        return false;
    return body_put_off(call, body, &what, out);
}

/* ---- application/x-www-form-urlencoded: all of it is text, there is no NULL */

static bool read_form(struct fields *f, const struct parameter *fields)
{
    size_t n = 0;

    for (const struct parameter *p = fields; p; p = p->next)
        n++;
    if (!begin_fields(f, n))
        return false;
    for (const struct parameter *p = fields; p; p = p->next) {
        if (!take_field_name(f, p->name))
            return false;
    }
    if (!end_fields(f, 1))
        return false;
    n = 0;
    for (const struct parameter *p = fields; p; p = p->next) {
        if (!field_value(f, 0, f->places_of_fields[n++], p->value, false))
            return false;
    }
    return true;
}

/* curl -d says that what it sends is a form. */
static bool looks_like_json(struct slice text)
{
    static const struct slice opening = SLICE_LITERAL("{[");

    text = text_trim(body_without_mark(text));
    return text.len > 0 && slice_has(opening, text.data[0]);
}

bool body_hint_json(struct call *call)
{
    if (call->error.code == ERROR_MEMORY)
        return false;
    if (!looks_like_json(buf_slice(&call->body)))
        return false;
    return error_hint(&call->error,
                      "The body looks like JSON, and its Content-Type says that it is a form: send "
                      "Content-Type: application/json.");
}

bool body_parse_form(struct call *call, struct body *body)
{
    struct fields f = {.call = call, .body = body};
    struct parameter *fields;
    bool split = grammar_split(&call->arena, buf_slice(&call->body), &fields, &call->error);

    body->n_rows = 1;
    if (split && read_form(&f, fields))
        return true;
    if (call->error.code == ERROR_SYNTAX)
        call->error.code = ERROR_BODY;
    return body_hint_json(call);
}

/* ---- text/csv */

static bool read_csv_header(struct fields *f, struct csv *csv)
{
    enum csv_end end;
    struct csv_field name;

    do {
        end = csv_next(csv, &name, &f->call->error);
        if (end == CSV_FAILED)
            return false;
        if (!take_field_name(f, name.text))
            return false;
    } while (end == CSV_COMMA);
    return true;
}

static bool ragged(struct call *call)
{
    return error_set(&call->error, ERROR_BODY, "All lines must have same number of fields");
}

static bool read_line(struct fields *f, struct csv *csv, size_t row)
{
    enum csv_end end = CSV_COMMA;
    size_t i = 0;

    while (end == CSV_COMMA) {
        struct csv_field field;
        int place;

        end = csv_next(csv, &field, &f->call->error);
        if (end == CSV_FAILED)
            return false;
        if (i == f->n)
            return ragged(f->call);
        place = f->places_of_fields[i++];
        if (field.is_null)
            continue;
        if (!field_value(f, row, place, field.text, !field.quoted))
            return false;
    }
    if (i == f->n)
        return true;
    return ragged(f->call);
}

static bool read_lines(struct fields *f, struct csv *csv, size_t room)
{
    struct call *call = f->call;
    struct body *body = f->body;

    while (csv_more(csv, f->n)) {
        assert(body->n_rows < room);
        call->error.row = (long)body->n_rows;
        if (!read_line(f, csv, body->n_rows++))
            return false;
    }
    call->error.row = -1;
    return true;
}

bool body_parse_csv(struct call *call, struct body *body)
{
    struct csv csv = csv_make(buf_slice(&call->body), &call->arena);
    struct fields f = {.call = call, .body = body};
    size_t rows;

    body->is_array = true;
    if (csv.text.len == 0)
        return error_set(&call->error, ERROR_BODY, "there is no body");
    if (!text_utf8_valid(csv.text))
        return error_set(&call->error, ERROR_BODY, "the body is not UTF-8");
    if (!begin_fields(&f, csv_count_fields(&csv)))
        return false;
    if (!read_csv_header(&f, &csv))
        return false;
    rows = csv_count_lines(&csv, f.n);
    if (!body_check_rows(call, rows))
        return false;
    if (!end_fields(&f, rows))
        return false;
    return read_lines(&f, &csv, rows);
}
