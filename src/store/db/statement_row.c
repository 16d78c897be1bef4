/*
 * What a statement gives: its columns, and the row that it is at.
 *
 * SPDX-License-Identifier: MIT
 */
#include <sqlite3.h>

#include "store/db/statement.h"
#include "store/db/statement_cache.h"

const struct row *statement_row(const struct statement *st)
{
    return &st->row;
}

enum value_type statement_type(struct statement *st, int column)
{
    return row_type(&st->row, (size_t)column);
}

int64_t statement_integer(struct statement *st, int column)
{
    return row_integer(&st->row, (size_t)column);
}

double statement_real(struct statement *st, int column)
{
    return sqlite3_column_double(st->row.stmt, column);
}

struct slice statement_bytes(struct statement *st, int column)
{
    return row_bytes(&st->row, (size_t)column);
}

struct value statement_value(struct statement *st, int column)
{
    return row_value(&st->row, (size_t)column);
}

size_t statement_columns(struct statement *st)
{
    return (size_t)sqlite3_column_count(st->row.stmt);
}

const char *statement_column_name(struct statement *st, int column)
{
    const char *name = sqlite3_column_name(st->row.stmt, column);

    return name ? name : "";
}

const char *statement_column_type(struct statement *st, int column)
{
    const char *type = sqlite3_column_decltype(st->row.stmt, column);

    if (type)
        return type;
    return "";
}

bool statement_origin(struct statement *st, int column, const char **table, const char **name)
{
    *table = sqlite3_column_table_name(st->row.stmt, column);
    *name = sqlite3_column_origin_name(st->row.stmt, column);
    return *table && *name;
}

bool statement_reads_only(struct statement *st)
{
    return sqlite3_stmt_readonly(st->row.stmt);
}
