/* SPDX-License-Identifier: MIT */
#include "resource/row_in.h"

#include "base/text.h"
#include "resource/body_value.h"
#include "resource/csv.h"

/* A row's values against its text: numbers within JSON columns are written out. */
#define GROWTH 8
#define SPARE  ((size_t)4 << 20)

static bool no_memory(struct error *e)
{
    return error_set(e, ERROR_MEMORY, "out of memory");
}

bool row_in_init(struct row_in *in, const struct table *table, size_t max, int64_t max_depth,
                 struct error *e)
{
    size_t n = table->n_columns + 1;

    *in = (struct row_in){.table = table, .max_depth = max_depth, .reshaped = true};
    arena_init(&in->keep, max + SPARE);
    arena_init(&in->arena, GROWTH * max + SPARE);
    in->set = arena_zeroed(&in->keep, n, sizeof *in->set);
    in->values = arena_zeroed(&in->keep, n, sizeof *in->values);
    in->by_column = arena_zeroed(&in->keep, n, sizeof *in->by_column);
    in->given = arena_zeroed(&in->keep, n, sizeof *in->given);
    in->fields = arena_zeroed(&in->keep, n, sizeof *in->fields);
    if (in->set && in->values && in->by_column && in->given && in->fields)
        return true;
    return no_memory(e);
}

void row_in_finish(struct row_in *in)
{
    arena_finish(&in->arena);
    arena_finish(&in->keep);
    *in = (struct row_in){0};
}

static bool check_text(struct slice text, struct error *e)
{
    if (text_utf8_valid(text))
        return true;
    return error_set(e, ERROR_BODY, "the text is not UTF-8");
}

/* ---- CSV */

static bool begin_line(struct row_in *in, struct csv *c, struct slice text, struct error *e)
{
    arena_reset(&in->arena);
    *c = (struct csv){.text = text, .arena = &in->arena}; /* base/records.h took the mark away */
    return check_text(text, e);
}

static bool take_column_name(struct row_in *in, struct slice name, struct error *e)
{
    int column = table_column(in->table, name);

    if (column < 0)
        return body_no_column(in->table, name, e);
    if (in->given[column])
        return error_set(e, ERROR_BODY, "the column \"%.*s\" is there twice", SLICE_ARG(name));
    in->given[column] = true;
    if (in->table->columns[column].generated) {
        in->fields[in->n_fields++] = -1;
        return true;
    }
    in->fields[in->n_fields++] = (int)in->n_set;
    in->set[in->n_set++] = (struct assignment){.column = column};
    return true;
}

bool row_in_header(struct row_in *in, struct slice text, struct error *e)
{
    struct csv c;
    enum csv_end end;
    struct csv_field name;

    if (!begin_line(in, &c, text, e))
        return false;
    do {
        end = csv_next(&c, &name, e);
        if (end == CSV_FAILED)
            return false;
        if (!take_column_name(in, name.text, e))
            return false;
    } while (end == CSV_COMMA);
    return true;
}

/* How many fields there are, for the message. */
static bool ragged(const struct row_in *in, struct csv *c, size_t n, enum csv_end end,
                   struct error *e)
{
    struct csv_field field;

    for (; end == CSV_COMMA; n++)
        end = csv_next(c, &field, e);
    return error_set(e, ERROR_BODY, "the line has %zu fields, the first line %zu", n, in->n_fields);
}

/* A field's value, for the place in a row that it has; -1: none. */
static bool take_field(struct row_in *in, int at, const struct csv_field *field, struct error *e)
{
    const struct column *column;

    if (at < 0)
        return true;
    if (field->is_null) {
        in->values[at] = value_null();
        return true;
    }
    column = &in->table->columns[in->set[at].column];
    return body_text_value(&in->arena, column, field->text, !field->quoted, &in->values[at], e);
}

bool row_in_csv(struct row_in *in, struct slice text, struct error *e)
{
    struct csv c;
    enum csv_end end = CSV_COMMA;
    size_t n = 0;

    if (!begin_line(in, &c, text, e))
        return false;
    while (end == CSV_COMMA && n < in->n_fields) {
        struct csv_field field;

        end = csv_next(&c, &field, e);
        if (end == CSV_FAILED)
            return false;
        if (!take_field(in, in->fields[n++], &field, e))
            return false;
    }
    if (n == in->n_fields && end == CSV_LINE)
        return true;
    return ragged(in, &c, n, end, e);
}

static bool is_nested(const struct json_item *item)
{
    return item->kind == JSON_IS_ARRAY || item->kind == JSON_IS_OBJECT;
}

/* ---- NDJSON */

static bool take_line_member(struct row_in *in, struct slice name, struct json_item *item,
                             struct error *e)
{
    int i = table_column(in->table, name);
    const struct column *column;

    if (i < 0)
        return body_no_column(in->table, name, e);
    column = &in->table->columns[i];
    if (in->given[i])
        return error_set(e, ERROR_BODY, "the member \"%s\" is there twice", column->name.data);
    in->given[i] = true;
    if (column->generated)
        return true;
    if (is_nested(item))
        item->plain = true; /* with its blanks: what was exported comes back */
    return body_value(&in->arena, column, item, &in->by_column[i], e);
}

static bool take_line_members(struct row_in *in, struct json_reader *reader, struct error *e)
{
    struct json_item name, item;
    enum json_next step;
    bool first = true;

    memset(in->given, 0, in->table->n_columns * sizeof *in->given);
    if (!json_enter(reader, '{'))
        return error_set(e, ERROR_BODY, "the line must be an object");
    while ((step = json_next_member(reader, &first, &name)) == JSON_NEXT) {
        struct slice text;

        if (!json_read(reader, &item))
            return body_json_fault(reader, in->max_depth, e);
        if (!body_string(&in->arena, &name, &text, e))
            return false;
        if (!take_line_member(in, text, &item, e))
            return false;
    }
    if (step == JSON_CLOSED && json_at_end(reader))
        return true;
    return body_json_fault(reader, in->max_depth, e);
}

/* The members in the order of the table's columns: rows with the same ones meet one statement. */
static void take_set(struct row_in *in)
{
    size_t n = 0;

    for (size_t i = 0; i < in->table->n_columns; i++) {
        bool is_same;

        if (!in->given[i] || in->table->columns[i].generated)
            continue;
        is_same = n < in->n_set && in->set[n].column == (int)i;
        if (!is_same)
            in->reshaped = true;
        in->set[n].column = (int)i;
        in->values[n++] = in->by_column[i];
    }
    if (n != in->n_set)
        in->reshaped = true;
    in->n_set = n;
}

bool row_in_json(struct row_in *in, struct slice text, struct error *e)
{
    struct json_reader reader = json_reader_make(text, (int)in->max_depth);

    arena_reset(&in->arena);
    if (!take_line_members(in, &reader, e))
        return body_check_json(text, in->max_depth, e);
    take_set(in);
    return true;
}
