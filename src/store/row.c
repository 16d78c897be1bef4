/* SPDX-License-Identifier: MIT */
#include "store/row.h"

#include <stdatomic.h>

#include <sqlite3.h>

#include "store/db/statement_cache.h"

enum value_type row_type(const struct row *row, size_t column)
{
    switch (sqlite3_column_type(row->stmt, (int)column)) {
    case SQLITE_INTEGER: return VALUE_INTEGER;
    case SQLITE_FLOAT: return VALUE_REAL;
    case SQLITE_TEXT: return VALUE_TEXT;
    case SQLITE_BLOB: return VALUE_BLOB;
    default: return VALUE_NULL;
    }
}

int64_t row_integer(const struct row *row, size_t column)
{
    return sqlite3_column_int64(row->stmt, (int)column);
}

/*
 * Text in UTF-8, whatever the file is written in (sqlite.org/pragma.html#pragma_encoding).
 * value_blob leaves UTF-8 as it is: no terminator is added, nothing is copied.
 */
static struct slice text_of(sqlite3_value *v)
{
    const char *bytes;

    if (sqlite3_value_encoding(v) != SQLITE_UTF8)
        (void)sqlite3_value_text(v); /* it is UTF-8 in its place from here */
    bytes = sqlite3_value_blob(v);
    return slice_make(bytes, (size_t)sqlite3_value_bytes(v));
}

static struct slice blob_of(sqlite3_value *v)
{
    const char *bytes = sqlite3_value_blob(v);

    return slice_make(bytes, (size_t)sqlite3_value_bytes(v));
}

struct slice row_bytes(const struct row *row, size_t column)
{
    sqlite3_value *v = sqlite3_column_value(row->stmt, (int)column);

    if (sqlite3_value_type(v) == SQLITE_TEXT)
        return text_of(v);
    return blob_of(v);
}

static struct value value_of(sqlite3_value *v)
{
    switch (sqlite3_value_type(v)) {
    case SQLITE_INTEGER: return value_integer(sqlite3_value_int64(v));
    case SQLITE_FLOAT: return value_real(sqlite3_value_double(v));
    case SQLITE_TEXT: return value_text(text_of(v));
    case SQLITE_BLOB: return value_blob(blob_of(v));
    default: return value_null();
    }
}

/* The column is looked up once: each sqlite3_column_… does it anew, and looks for a failed
 * allocation after. */
struct value row_value(const struct row *row, size_t column)
{
    return value_of(sqlite3_column_value(row->stmt, (int)column));
}

/* How far a column's value lies behind the one before it, in SQLite's memory; 0: that is not known, or
 * they do not lie in a row. It is the size of a struct of SQLite's: the first row that has three columns
 * tells. */
static size_t measure_step(const struct row *row, size_t n)
{
    static _Atomic size_t known;
    size_t step = atomic_load_explicit(&known, memory_order_relaxed);
    uintptr_t first, second, last;

    if (step > 0 || n < 3)
        return step;
    first = (uintptr_t)sqlite3_column_value(row->stmt, 0);
    second = (uintptr_t)sqlite3_column_value(row->stmt, 1);
    last = (uintptr_t)sqlite3_column_value(row->stmt, (int)n - 1);
    if (second <= first || last != first + (second - first) * (n - 1))
        return 0;
    step = second - first;
    atomic_store_explicit(&known, step, memory_order_relaxed);
    return step;
}

struct row_cells row_cells(const struct row *row, size_t n)
{
    struct row_cells cells = {.row = row, .first = NULL, .step = measure_step(row, n)};

    if (cells.step > 0 && n > 1)
        cells.first = (char *)sqlite3_column_value(row->stmt, 0);
    return cells;
}

struct value row_cell(const struct row_cells *cells, size_t column)
{
    void *at;

    if (!cells->first)
        return row_value(cells->row, column);
    at = cells->first + column * cells->step;
    return value_of(at);
}
