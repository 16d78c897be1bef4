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

/* A field's text as the column's value. */
static bool field_value(struct call *call, const struct column *column, struct slice text,
                        struct value *out)
{
    return body_text_value(&call->arena, column, text, out, &call->error);
}

static bool not_utf8(struct call *call)
{
    return error_set(&call->error, ERROR_BODY, "the body is not UTF-8");
}

/* ---- application/x-www-form-urlencoded */

bool body_parse_form(struct call *call, struct body *body)
{
    struct parameter *fields;
    size_t n = 0;

    if (!grammar_split(&call->arena, buf_slice(&call->body), &fields, &call->error)) {
        call->error.code = call->error.code == ERROR_SYNTAX ? ERROR_BODY : call->error.code;
        return false;
    }
    for (const struct parameter *p = fields; p; p = p->next)
        n++;
    body->n_rows = 1;
    body->values = arena_zeroed(&call->arena, n + 1, sizeof *body->values);
    if (!body_make_room(call, body, n) || !body->values)
        return error_set(&call->error, ERROR_MEMORY, "out of memory");
    for (const struct parameter *p = fields; p; p = p->next) {
        int column = table_column(call->table, p->name);

        if (!body_is_wanted(call, p->name))
            continue;
        if (column < 0)
            return body_unknown_column(call, p->name);
        if (body_column(body, column) >= 0)
            return error_set(&call->error, ERROR_BODY, "the field \"%.*s\" is there twice",
                             SLICE_ARG(p->name));
        if (!field_value(call, &call->table->columns[column], p->value, &body->values[body->n_set]))
            return false;
        body->set[body->n_set++] = (struct assignment){.column = column};
    }
    return true;
}

/* ---- text/csv */

struct lines {
    struct call *call;
    struct csv csv;
};

/* *is_null: an unquoted NULL, as PostgREST reads it. */
static enum csv_end next_field(struct lines *l, struct slice *out, bool *is_null)
{
    bool quoted;
    enum csv_end end = csv_next(&l->csv, out, &quoted, &l->call->error);

    *is_null = end != CSV_FAILED && !quoted && slice_is(*out, "NULL");
    return end;
}

/* The names of the first line; `places` is each one's place in a row, -1: not looked at. */
static bool read_header(struct lines *c, struct body *body, int **places, size_t *n)
{
    size_t commas = 1;
    enum csv_end end;

    for (size_t i = 0; i < c->csv.text.len && c->csv.text.data[i] != '\n'; i++)
        commas += c->csv.text.data[i] == ',';
    *places = arena_alloc(&c->call->arena, commas * sizeof **places);
    if (!*places || !body_make_room(c->call, body, commas))
        return error_set(&c->call->error, ERROR_MEMORY, "out of memory");
    *n = 0;
    do {
        struct slice name;
        bool is_null;
        int column;

        end = next_field(c, &name, &is_null);
        if (end == CSV_FAILED)
            return false;
        if (*n == commas)
            return error_set(&c->call->error, ERROR_BODY, "the CSV's first line is malformed");
        column = table_column(c->call->table, name);
        (*places)[(*n)++] = body_is_wanted(c->call, name) ? (int)body->n_set : -1;
        if (!body_is_wanted(c->call, name))
            continue;
        if (column < 0)
            return body_unknown_column(c->call, name);
        if (body_column(body, column) >= 0)
            return error_set(&c->call->error, ERROR_BODY, "the column \"%.*s\" is there twice",
                             SLICE_ARG(name));
        body->set[body->n_set++] = (struct assignment){.column = column};
    } while (end == CSV_COMMA);
    return true;
}

static bool read_line(struct lines *c, struct body *body, const int *places, size_t n, size_t row)
{
    size_t i = 0;
    enum csv_end end;

    do {
        struct slice text;
        bool is_null;
        struct value *value;

        end = next_field(c, &text, &is_null);
        if (end == CSV_FAILED)
            return false;
        if (i == n)
            return error_set(&c->call->error, ERROR_BODY,
                             "All lines must have same number of "
                             "fields");
        if (places[i++] < 0)
            continue;
        value = &body->values[row * body->n_set + (size_t)places[i - 1]];
        *value = value_null();
        if (!is_null &&
            !field_value(c->call, &c->call->table->columns[body->set[places[i - 1]].column], text,
                         value))
            return false;
    } while (end == CSV_COMMA);
    return i == n || error_set(&c->call->error, ERROR_BODY,
                               "All lines must have same number of "
                               "fields");
}

/* At least as many as there are: a line ends in \n, \r\n or \r (field_end). */
static size_t count_lines(struct slice text)
{
    size_t n = 1;

    for (size_t i = 0; i < text.len; i++)
        n += text.data[i] == '\n' || text.data[i] == '\r';
    return n;
}

static bool read_lines(struct lines *c, struct body *body, const int *places, size_t n)
{
    size_t room =
        count_lines(slice_make(c->csv.text.data + c->csv.at, c->csv.text.len - c->csv.at));

    body->values = arena_alloc(&c->call->arena, (room * body->n_set + 1) * sizeof *body->values);
    if (!body->values)
        return error_set(&c->call->error, ERROR_MEMORY, "out of memory");
    while (c->csv.at < c->csv.text.len) {
        assert(body->n_rows < room);
        c->call->error.row = (long)body->n_rows;
        if (!read_line(c, body, places, n, body->n_rows) ||
            !body_check_rows(c->call, ++body->n_rows))
            return false;
    }
    c->call->error.row = -1;
    return true;
}

bool body_parse_csv(struct call *call, struct body *body)
{
    struct lines c = {.call = call, .csv.text = buf_slice(&call->body)};
    int *places;
    size_t n;

    body->is_array = true;
    if (!text_utf8_valid(c.csv.text))
        return not_utf8(call);
    if (c.csv.text.len == 0)
        return error_set(&call->error, ERROR_BODY, "there is no body");
    c.csv.copy = arena_alloc(&call->arena, c.csv.text.len);
    if (!c.csv.copy)
        return error_set(&call->error, ERROR_MEMORY, "out of memory");
    return read_header(&c, body, &places, &n) && read_lines(&c, body, places, n);
}
