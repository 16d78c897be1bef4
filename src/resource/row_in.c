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
    return (in->set && in->values && in->by_column && in->given && in->fields) || no_memory(e);
}

void row_in_finish(struct row_in *in)
{
    json_decref(in->root);
    arena_finish(&in->arena);
    arena_finish(&in->keep);
    *in = (struct row_in){0};
}

static bool check_text(struct slice text, struct error *e)
{
    return text_utf8_valid(text) || error_set(e, ERROR_BODY, "the text is not UTF-8");
}

/* ---- CSV */

static bool scan(struct row_in *in, struct csv *c, struct slice text, struct error *e)
{
    arena_reset(&in->arena);
    *c = (struct csv){.text = text};
    if (!check_text(text, e))
        return false;
    if (slice_has(text, '"'))
        c->copy = arena_alloc(&in->arena, text.len);
    return c->copy || !slice_has(text, '"') || no_memory(e);
}

static bool take_name(struct row_in *in, struct slice name, struct error *e)
{
    int column = table_column(in->table, name);

    if (column < 0)
        return body_no_column(in->table, name, e);
    if (in->given[column])
        return error_set(e, ERROR_BODY, "the column \"%.*s\" is there twice", SLICE_ARG(name));
    in->given[column] = true;
    in->fields[in->n_fields++] = in->table->columns[column].generated ? -1 : (int)in->n_set;
    if (!in->table->columns[column].generated)
        in->set[in->n_set++] = (struct assignment){.column = column};
    return true;
}

bool row_in_header(struct row_in *in, struct slice text, struct error *e)
{
    struct csv c;
    enum csv_end end;
    struct slice name;
    bool quoted;

    if (!scan(in, &c, text, e))
        return false;
    do {
        end = csv_next(&c, &name, &quoted, e);
        if (end == CSV_FAILED || !take_name(in, name, e))
            return false;
    } while (end == CSV_COMMA);
    return true;
}

/* How many fields there are, for the message. */
static bool ragged(const struct row_in *in, struct csv *c, size_t n, enum csv_end end,
                   struct error *e)
{
    struct slice text;
    bool quoted;

    for (; end == CSV_COMMA; n++)
        end = csv_next(c, &text, &quoted, e);
    return error_set(e, ERROR_BODY, "the line has %zu fields, the first line %zu", n, in->n_fields);
}

bool row_in_csv(struct row_in *in, struct slice text, struct error *e)
{
    struct csv c;
    enum csv_end end = CSV_COMMA;
    size_t n = 0;

    if (!scan(in, &c, text, e))
        return false;
    while (end == CSV_COMMA && n < in->n_fields) {
        struct slice field;
        bool quoted;
        int at = in->fields[n++];

        end = csv_next(&c, &field, &quoted, e);
        if (end == CSV_FAILED)
            return false;
        if (at < 0)
            continue;
        if (!quoted && (field.len == 0 || slice_is(field, "NULL")))
            in->values[at] = value_null();
        else if (!body_text_value(&in->arena, &in->table->columns[in->set[at].column], field,
                                  &in->values[at], e))
            return false;
    }
    return (n == in->n_fields && end == CSV_LINE) || ragged(in, &c, n, end, e);
}

/* ---- NDJSON */

static bool take_members(struct row_in *in, json_t *object, struct error *e)
{
    const char *key;
    size_t key_len;
    json_t *value;

    memset(in->given, 0, in->table->n_columns * sizeof *in->given);
    json_object_keylen_foreach(object, key, key_len, value)
    {
        int column = table_column(in->table, slice_make(key, key_len));

        if (column < 0)
            return body_no_column(in->table, slice_make(key, key_len), e);
        if (in->table->columns[column].generated)
            continue;
        if (!body_value(&in->arena, &in->table->columns[column], value, &in->by_column[column], e))
            return false;
        in->given[column] = true;
    }
    return true;
}

/* The members in the order of the table's columns: rows with the same ones meet one statement. */
static void take_set(struct row_in *in)
{
    size_t n = 0;

    for (size_t i = 0; i < in->table->n_columns; i++) {
        if (!in->given[i])
            continue;
        in->reshaped = in->reshaped || n >= in->n_set || in->set[n].column != (int)i;
        in->set[n].column = (int)i;
        in->values[n++] = in->by_column[i];
    }
    in->reshaped = in->reshaped || n != in->n_set;
    in->n_set = n;
}

bool row_in_json(struct row_in *in, struct slice text, struct error *e)
{
    json_decref(in->root);
    arena_reset(&in->arena);
    in->root = check_text(text, e) ? body_load(text, in->max_depth, e) : NULL;
    if (!in->root)
        return false;
    if (!json_is_object(in->root))
        return error_set(e, ERROR_BODY, "the line must be an object");
    if (!take_members(in, in->root, e))
        return false;
    take_set(in);
    return true;
}
