/* SPDX-License-Identifier: MIT */
#include "store/catalog/statistics.h"

#include "store/db/statement.h"

/* The first column of the first row of a query about a table; -1: there is none, or it is NULL. */
static bool ask_number(struct db *db, struct slice sql, struct slice table, int64_t *out,
                       struct error *e)
{
    const struct value value = value_text(table);
    struct statement *st = statement_get(db, sql, e);
    enum step step = STEP_FAILED;

    *out = -1;
    if (st && statement_bind(st, &value, 1, e))
        step = statement_step(st, e);
    if (step == STEP_ROW && statement_type(st, 0) != VALUE_NULL)
        *out = statement_integer(st, 0);
    statement_release(st);
    return step != STEP_FAILED;
}

bool statistics_rows(struct db *db, struct slice table, int64_t *rows, struct error *e)
{
    static const struct slice is_there = SLICE_LITERAL(
        "SELECT 1 FROM sqlite_schema WHERE type='table' AND name='sqlite_stat1' AND ?1 NOT NULL");
    /* stat begins with the index's rows; a partial index has fewer than the table. */
    static const struct slice most = SLICE_LITERAL(
        "SELECT max(CAST(stat AS INTEGER)) FROM sqlite_stat1 WHERE tbl=?1 COLLATE NOCASE");

    if (!ask_number(db, is_there, table, rows, e))
        return false;
    return *rows < 0 || ask_number(db, most, table, rows, e);
}
