/* SPDX-License-Identifier: MIT */
#include "resource/body_fields.h"

#include "resource/body.h"
#include "resource/body_value.h"
#include "resource/call.h"

static bool no_memory(struct call *call)
{
    return error_set(&call->error, ERROR_MEMORY, "out of memory");
}

/* Where the columns stand: those of columns=, or as the fields name them. */
static int *make_places(struct body_fields *f)
{
    if (f->call->tree.columns)
        return body_asked_columns(f->call, f->body);
    if (!body_make_room(f->call, f->body, f->call->table->n_columns))
        return NULL;
    return body_make_places(f->call);
}

bool body_fields_begin(struct body_fields *f, size_t n)
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
static bool find_place(struct body_fields *f, struct slice name, int *place)
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

bool body_fields_name(struct body_fields *f, struct slice name)
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
static bool leave_defaults(struct body_fields *f)
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

bool body_fields_end(struct body_fields *f, size_t rows)
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

bool body_fields_value(const struct body_fields *f, int place, struct slice text, bool bare,
                       struct value *row)
{
    struct call *call = f->call;
    struct body *body = f->body;
    struct misfit what = {.text = text};
    struct value *out;

    if (place < 0)
        return true;
    what.column = body->set[place].column;
    out = &row[place];
    if (body_text_value(&call->arena, &call->table->columns[what.column], text, bare, out,
                        &call->error))
        return true;
    if (!body_may_put_off(call, body, what.column))
        return false;
    return body_put_off(call, body, &what, out);
}
