/*
 * Bodies that are CSV: a line of names, then rows.
 *
 * SPDX-License-Identifier: MIT
 */
#include <assert.h>

#include "base/text.h"
#include "resource/body.h"
#include "resource/body_fields.h"
#include "resource/call.h"
#include "resource/csv.h"

bool body_fields_header(struct body_fields *f, struct csv *csv)
{
    enum csv_end end;
    struct csv_field name;

    do {
        end = csv_next(csv, &name, &f->call->error);
        if (end == CSV_FAILED)
            return false;
        if (!body_fields_name(f, name.text))
            return false;
    } while (end == CSV_COMMA);
    return true;
}

static bool ragged(struct call *call)
{
    return error_set(&call->error, ERROR_BODY, "All lines must have same number of fields");
}

static bool take_field(const struct body_fields *f, int place, const struct csv_field *field,
                       struct value *row)
{
    if (!field->is_null)
        return body_fields_value(f, place, field->text, !field->quoted, row);
    if (place >= 0)
        row[place] = value_null();
    return true;
}

bool body_fields_line(const struct body_fields *f, struct csv *csv, struct value *row)
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
        if (!take_field(f, place, &field, row))
            return false;
    }
    if (i == f->n)
        return true;
    return ragged(f->call);
}

static bool read_lines(struct body_fields *f, struct csv *csv, size_t room)
{
    struct call *call = f->call;
    struct body *body = f->body;

    while (csv_more(csv, f->n)) {
        assert(body->n_rows < room);
        call->error.row = (long)body->n_rows;
        if (!body_fields_line(f, csv, body->values + body->n_rows++ * body->n_set))
            return false;
    }
    call->error.row = -1;
    return true;
}

bool body_parse_csv(struct call *call, struct body *body)
{
    struct csv csv = csv_make(buf_slice(&call->body), &call->arena);
    struct body_fields f = {.call = call, .body = body};
    size_t rows;

    body->is_array = true;
    if (csv.text.len == 0)
        return error_set(&call->error, ERROR_BODY, "there is no body");
    if (!text_utf8_valid(csv.text))
        return error_set(&call->error, ERROR_BODY, "the body is not UTF-8");
    if (!body_fields_begin(&f, csv_count_fields(&csv)))
        return false;
    if (!body_fields_header(&f, &csv))
        return false;
    rows = csv_count_lines(&csv, f.n);
    if (!body_check_rows(call, rows))
        return false;
    if (!body_fields_end(&f, rows))
        return false;
    return read_lines(&f, &csv, rows);
}
