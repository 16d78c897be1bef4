/*
 * The columns of a body: which are asked for, and where each stands in a row of values.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>

#include "query/rights.h"
#include "resource/body.h"
#include "resource/body_value.h"
#include "resource/call.h"

/* Tables of fewer columns are looked through as fast. */
#define COLUMNS_INDEXED 16

static bool index_wanted(struct call *call, struct slice_index *wanted)
{
    size_t n = 0;

    for (const struct name_item *item = call->tree.columns; item; item = item->next)
        n++;
    if (!slice_index_make(wanted, &call->arena, n))
        return false;
    for (const struct name_item *item = call->tree.columns; item; item = item->next)
        slice_index_add(wanted, item->name, 1);
    return true;
}

bool body_is_wanted(struct call *call, struct slice_index *wanted, struct slice name)
{
    const struct name_item *item = call->tree.columns;

    if (!item)
        return true;
    if (wanted->slots || index_wanted(call, wanted))
        return slice_index_find(wanted, name) >= 0;
    while (item && !slice_equal(item->name, name)) /* without memory */
        item = item->next;
    return item;
}

static bool index_columns(struct call *call, struct body *body)
{
    const struct table *table = call->table;

    if (!slice_index_make(&body->names, &call->arena, table->n_columns))
        return false;
    for (size_t i = 0; i < table->n_columns; i++)
        slice_index_add(&body->names, table->columns[i].name, (int)i);
    return true;
}

int body_column_named(struct call *call, struct body *body, struct slice name)
{
    if (call->table->n_columns <= COLUMNS_INDEXED)
        return table_column(call->table, name);
    if (body->names.slots || index_columns(call, body))
        return slice_index_find(&body->names, name);
    return table_column(call->table, name);
}

bool body_check_rows(struct call *call, size_t rows)
{
    if ((int64_t)rows <= call->service->max_elements)
        return true;
    error_set(&call->error, ERROR_TOO_LARGE, "the body has %zu rows, %lld are allowed", rows,
              (long long)call->service->max_elements);
    return error_hint(&call->error, "Send several requests, or raise --max-elements.");
}

bool body_no_column(const struct table *table, struct slice name, struct error *e)
{
    const char *near = table_suggest_column(table, name);

    if (rights_hide_column(table, name))
        return rights_refuse(table, e);
    snprintf(e->column, sizeof e->column, "%.*s", SLICE_SHOWN(name));
    error_set(e, ERROR_NO_BODY_COLUMN,
              "Could not find the '%.*s' column of '%s' in the schema cache", SLICE_SHOWN(name),
              table->name.data);
    if (near)
        return error_hint(e, "Perhaps you meant the column '%s'", near);
    return false;
}

bool body_unknown_column(struct call *call, struct slice name)
{
    return body_no_column(call->table, name, &call->error);
}

bool body_make_room(struct call *call, struct body *body, size_t n)
{
    /* A column may take two places, and the key of the path joins them. */
    body->set = arena_alloc(&call->arena, (2 * n + call->table->n_columns + 1) * sizeof *body->set);
    if (body->set)
        return true;
    return error_set(&call->error, ERROR_MEMORY, "out of memory");
}

int *body_make_places(struct call *call)
{
    size_t n = call->table->n_columns;
    int *places = arena_alloc(&call->arena, (n + 1) * sizeof *places);

    if (!places) {
        error_set(&call->error, ERROR_MEMORY, "out of memory");
        return NULL;
    }
    for (size_t i = 0; i < n; i++)
        places[i] = -1;
    return places;
}

int *body_asked_columns(struct call *call, struct body *body)
{
    int *places = body_make_places(call);
    size_t n = 0;

    for (const struct name_item *item = call->tree.columns; item; item = item->next)
        n++;
    if (!places)
        return NULL;
    if (!body_make_room(call, body, n))
        return NULL;
    for (const struct name_item *item = call->tree.columns; item; item = item->next) {
        int column = body_column_named(call, body, item->name);

        if (column < 0) {
            body_unknown_column(call, item->name);
            return NULL;
        }
        if (places[column] >= 0)
            continue;
        places[column] = (int)body->n_set;
        body->set[body->n_set++] = (struct assignment){.column = column};
    }
    return places;
}

long body_column(const struct body *body, int column)
{
    for (size_t i = 0; i < body->n_set; i++) {
        if (body->set[i].column == column && !body->set[i].given)
            return (long)i;
    }
    return -1;
}

static bool is_object_text(const struct value *value)
{
    return value->type == VALUE_TEXT && value->as.bytes.data[0] == '{';
}

void body_mark_merges(const struct table *table, struct body *body)
{
    for (size_t i = 0; i < body->n_set; i++) {
        enum column_kind kind = table->columns[body->set[i].column].kind;
        bool json = kind == KIND_JSON || kind == KIND_JSONB;

        body->set[i].merge = json && !body->set[i].given && is_object_text(&body->values[i]);
    }
}
