/* SPDX-License-Identifier: MIT */
#include "store/db/rows.h"

#include <stdlib.h>

#include <sqlite3.h>

#include "store/db/db.h"
#include "store/db/json_contains.h"
#include "store/db/keys.h"
#include "store/db/patterns.h"

/* What a connection's functions share; freed with the connection. */
struct writer_of_rows {
    row_writer *write;
    size_t max;
    struct value *cells; /* of the row at hand, room for n_cells */
    size_t n_cells;
};

/* An aggregate's own: SQLite zeroes it (sqlite.org/c3ref/aggregate_context.html). */
struct array {
    struct buf text;
    bool begun;
};

static struct value cell(sqlite3_value *v)
{
    switch (sqlite3_value_type(v)) {
    case SQLITE_INTEGER: return value_integer(sqlite3_value_int64(v));
    case SQLITE_FLOAT: return value_real(sqlite3_value_double(v));
    case SQLITE_TEXT: {
        const char *text = (const char *)sqlite3_value_text(v);
        return value_text(slice_make(text, (size_t)sqlite3_value_bytes(v)));
    }
    case SQLITE_BLOB: {
        const char *bytes = sqlite3_value_blob(v);
        return value_blob(slice_make(bytes, (size_t)sqlite3_value_bytes(v)));
    }
    default: return value_null();
    }
}

/* Room for a row of n cells: as many as the widest so far had. */
static bool make_room(struct writer_of_rows *w, size_t n)
{
    struct value *larger;

    if (n <= w->n_cells)
        return true;
    larger = realloc(w->cells, n * sizeof *larger);
    if (!larger)
        return false;
    w->cells = larger;
    w->n_cells = n;
    return true;
}

static void write_cells(struct writer_of_rows *w, struct buf *out, int n, sqlite3_value **values)
{
    const void *shape = n > 0 ? sqlite3_value_pointer(values[0], VALUE_SHAPE_TYPE) : NULL;

    if (!shape)
        return;
    if (!make_room(w, (size_t)n)) {
        out->failed = true;
        return;
    }
    for (int i = 1; i < n; i++)
        w->cells[i - 1] = cell(values[i]);
    w->write(out, shape, w->cells, (size_t)(n - 1));
}

/* Hands the text to SQLite, which frees it. */
static void give(sqlite3_context *context, struct buf *text)
{
    size_t len = text->len;

    if (text->full)
        sqlite3_result_error_toobig(context);
    else if (text->failed)
        sqlite3_result_error_nomem(context);
    else
        sqlite3_result_text64(context, buf_take(text), len, memory_free, SQLITE_UTF8);
    buf_finish(text);
}

static void one_row(sqlite3_context *context, int n, sqlite3_value **values)
{
    struct writer_of_rows *w = sqlite3_user_data(context);
    struct buf text;

    buf_init(&text, w->max);
    write_cells(w, &text, n, values);
    give(context, &text);
}

static void rows_step(sqlite3_context *context, int n, sqlite3_value **values)
{
    struct writer_of_rows *w = sqlite3_user_data(context);
    struct array *array = sqlite3_aggregate_context(context, sizeof *array);

    if (!array) {
        sqlite3_result_error_nomem(context);
        return;
    }
    if (!array->begun)
        buf_init(&array->text, w->max);
    buf_add_char(&array->text, array->begun ? ',' : '[');
    array->begun = true;
    write_cells(w, &array->text, n, values);
    if (array->text.full)
        sqlite3_result_error_toobig(context);
}

static void rows_end(sqlite3_context *context)
{
    struct array *array = sqlite3_aggregate_context(context, 0);

    if (!array || !array->begun) {
        sqlite3_result_text(context, "[]", 2, SQLITE_STATIC);
        return;
    }
    buf_add_char(&array->text, ']');
    give(context, &array->text);
}

static void free_writer(void *writer)
{
    struct writer_of_rows *w = writer;

    free(w->cells);
    free(w);
}

static bool register_writer(struct db *db, row_writer *write, size_t max)
{
    const int flags = SQLITE_UTF8 | SQLITE_DIRECTONLY;
    sqlite3 *handle = db_handle(db);
    struct writer_of_rows *w = calloc(1, sizeof *w);

    if (!w)
        return false;
    *w = (struct writer_of_rows){.write = write, .max = max};
    /* The first registration owns it: both go when the connection does. */
    return sqlite3_create_function_v2(handle, "thimble_row", -1, flags, w, one_row, NULL, NULL,
                                      free_writer) == SQLITE_OK &&
           sqlite3_create_function_v2(handle, "thimble_rows", -1, flags, w, NULL, rows_step,
                                      rows_end, NULL) == SQLITE_OK;
}

bool rows_register(struct db *db, row_writer *write, size_t max, struct error *e)
{
    sqlite3 *handle = db_handle(db);

    sqlite3_limit(handle, SQLITE_LIMIT_LIKE_PATTERN_LENGTH, ROWS_PATTERN_MAX);
    if (!patterns_register(db) || (write && !register_writer(db, write, max)))
        return error_set(e, ERROR_MEMORY, "out of memory");
    if (!json_contains_register(db, e))
        return false;
    return keys_register(db, e);
}
