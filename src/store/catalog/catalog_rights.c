/*
 * What may be written, and whether triggers run, for the catalogue.
 *
 * SPDX-License-Identifier: MIT
 */
#include <string.h>

#include <sqlite3.h>

#include "store/access/access.h"
#include "store/catalog/catalog_load.h"
#include "store/db/db.h"

/* Whether a view takes a statement: it does when there is an INSTEAD OF trigger, be it one that is
 * broken, and says so when it is used. */
static bool takes(struct load *l, const char *format, const char *view, const char *column)
{
    char *sql = sqlite3_mprintf(format, view, column, column);
    sqlite3_stmt *stmt = NULL;
    bool ok;

    db_allow_prepare(l->db, true);
    ok = sql && (sqlite3_prepare_v2(db_handle(l->db), sql, -1, &stmt, NULL) == SQLITE_OK ||
                 !strstr(sqlite3_errmsg(db_handle(l->db)), "because it is a view"));
    db_allow_prepare(l->db, false);
    sqlite3_finalize(stmt);
    sqlite3_free(sql);
    return ok;
}

bool load_rights(struct load *l, struct table *table)
{
    struct statement *st;
    enum step step = STEP_FAILED;

    table->target = table->for_update = table->for_delete = table->quoted;
    table->rights = RIGHTS_ALL;
    table->n_readable = table->n_columns;
    if (db_is_read_only(l->db)) {
        table->insertable = table->updatable = table->deletable = false;
    } else if (table->kind == TABLE_TABLE) {
        table->insertable = table->updatable = table->deletable = true;
    } else if (table->kind == TABLE_VIEW) {
        table->insertable = takes(l, "INSERT INTO %s DEFAULT VALUES", table->quoted, "");
        table->deletable = takes(l, "DELETE FROM %s", table->quoted, "");
        for (size_t i = 0; i < table->n_columns && !table->updatable; i++)
            table->updatable =
                takes(l, "UPDATE %s SET %s=%s", table->quoted, table->columns[i].quoted);
    }
    st = load_query(l,
                    "SELECT 1 FROM sqlite_schema WHERE type='trigger' AND "
                    "tbl_name=?1 COLLATE NOCASE",
                    table->name);
    if (st)
        step = statement_step(st, l->error);
    table->has_triggers = step == STEP_ROW;
    statement_release(st);
    return step != STEP_FAILED;
}

bool load_triggers(struct load *l, struct catalog *catalog)
{
    static const struct slice sql =
        SLICE_LITERAL("SELECT name FROM sqlite_schema WHERE type='trigger'");
    struct statement *st = statement_get(l->db, sql, l->error);
    struct slice *names = NULL;

    while (st && statement_step(st, l->error) == STEP_ROW) {
        names = load_grow(l, names, catalog->n_triggers, sizeof *names);
        if (!names)
            break;
        names[catalog->n_triggers++] = slice_from(load_text(l, st, 0));
    }
    statement_release(st);
    catalog->trigger_names = names;
    return !error_is_set(l->error);
}
