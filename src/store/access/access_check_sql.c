/*
 * What SQLite says of tables with policies, for thimble access check.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>

#include "base/text.h"
#include "store/access/access_check.h"
#include "store/catalog/lexer.h"
#include "store/db/db.h"
#include "store/db/statement.h"

/* What a view's name may be, quoted, with the words around it. */
#define SQL_MAX 2048

/* A row of the statement after another; false at the end, with an error or not. */
static bool next_row(struct statement *st, struct error *e)
{
    return st && statement_step(st, e) == STEP_ROW;
}

/* ON CONFLICT REPLACE of a key; that of a NOT NULL takes the default instead, and replaces no row. */
static bool text_replaces(struct slice sql)
{
    static const char *const words[] = {"ON", "CONFLICT", "REPLACE"};
    struct lexer x = {.sql = sql};
    bool after_null = false, was_null = false;
    size_t met = 0;

    for (struct token t = lexer_next(&x); t.kind != TOKEN_END; t = lexer_next(&x)) {
        if (token_is(t, "ON")) {
            after_null = was_null;
            met = 0;
        }
        met = met < 3 && token_is(t, words[met]) ? met + 1 : 0;
        if (met == 3 && !after_null)
            return true;
        was_null = token_is(t, "NULL");
    }
    return false;
}

bool access_check_replaces(struct db *db, struct slice table, bool *replaces, struct error *e)
{
    static const struct slice sql = SLICE_LITERAL(
        "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?1 COLLATE NOCASE");
    const struct value value = value_text(table);
    struct statement *st = statement_get(db, sql, e);

    *replaces = false;
    if (st && statement_bind(st, &value, 1, e) && next_row(st, e))
        *replaces = text_replaces(statement_bytes(st, 0));
    statement_release(st);
    return !error_is_set(e);
}

/* "SCAN tasks", "SCAN MAIN.tasks USING INDEX …" (sqlite.org/eqp.html). */
static bool is_scan_of(struct slice step, struct slice table)
{
    static const struct slice scan = SLICE_LITERAL("SCAN "), schema = SLICE_LITERAL("main.");

    if (!slice_begins(step, scan))
        return false;
    step = slice_after(step, scan.len);
    if (text_equal_nocase(slice_first(step, schema.len), schema))
        step = slice_after(step, schema.len);
    return text_equal_nocase(slice_first(step, table.len), table) &&
           (step.len == table.len || step.data[table.len] == ' ');
}

bool access_check_scans(struct db *db, const struct table *table, bool *scans, struct error *e)
{
    char sql[SQL_MAX];
    int n = snprintf(sql, sizeof sql, "EXPLAIN QUERY PLAN SELECT 1 FROM %s", table->quoted);
    struct statement *st;

    *scans = false;
    if (n >= (int)sizeof sql)
        return true;
    st = statement_get(db, slice_make(sql, (size_t)n), e);
    while (next_row(st, e))
        *scans = *scans || is_scan_of(statement_bytes(st, 3), table->name);
    statement_release(st);
    return !error_is_set(e);
}
