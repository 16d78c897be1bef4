/*
 * What is run on a connection at once: statements without a request's values, transactions; and
 * what they changed.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>

#include <sqlite3.h>

#include "store/db/db.h"
#include "store/db/statement.h"

bool db_exec(struct db *db, const char *sql, struct error *e)
{
    int rc;

    *db_running(db) = NULL;
    rc = sqlite3_exec(db_handle(db), sql, NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        return true;
    return db_error(db, rc, e);
}

bool db_integer(struct db *db, const char *sql, int64_t *out, struct error *e)
{
    struct statement *st = statement_get(db, slice_from(sql), e);
    enum step step;

    if (!st)
        return false;
    step = statement_step(st, e);
    if (step == STEP_ROW)
        *out = statement_integer(st, 0);
    statement_release(st);
    return step == STEP_ROW;
}

bool db_cache(struct db *db, int64_t bytes, struct error *e)
{
    char sql[64];

    snprintf(sql, sizeof sql, "PRAGMA cache_size=-%lld", (long long)(bytes / 1024));
    return db_exec(db, sql, e);
}

bool db_run(struct db *db, struct slice sql, struct error *e)
{
    struct statement *st = statement_get(db, sql, e);
    bool ok = st && statement_run(st, e);

    statement_release(st);
    return ok;
}

bool db_begin_immediate(struct db *db, struct error *e)
{
    return db_run(db, (struct slice)SLICE_LITERAL("BEGIN IMMEDIATE"), e);
}

/* SQLite calls the progress handler once more when a COMMIT is done, and one that is stopped there says
 * SQLITE_INTERRUPT of what is committed: nothing stops it. */
bool db_commit(struct db *db, struct error *e)
{
    struct interruptions *it = db_interruptions(db);
    bool ok;

    it->looking_away = true;
    ok = db_run(db, (struct slice)SLICE_LITERAL("COMMIT"), e);
    it->looking_away = false;
    if (ok)
        db_settle_views(db);
    else
        db_rollback(db);
    return ok;
}

void db_rollback(struct db *db)
{
    struct interruptions *it = db_interruptions(db);
    struct error ignored = error_none();

    it->looking_away = true;
    if (db_in_transaction(db) && !db_run(db, (struct slice)SLICE_LITERAL("ROLLBACK"), &ignored))
        sqlite3_exec(db_handle(db), "ROLLBACK", NULL, NULL, NULL);
    it->looking_away = false;
}

void db_end_reading(struct db *db)
{
    struct error ignored = error_none();
    bool has_none = db_views_are_settled(db) || !db_in_transaction(db);

    if (has_none || !db_commit(db, &ignored))
        db_rollback(db);
}

bool db_in_transaction(const struct db *db)
{
    return sqlite3_get_autocommit(db_handle(db)) == 0;
}

int64_t db_changes(const struct db *db)
{
    return sqlite3_changes64(db_handle(db));
}

int64_t db_total_changes(const struct db *db)
{
    return sqlite3_total_changes64(db_handle(db));
}

int64_t db_last_rowid(const struct db *db)
{
    return sqlite3_last_insert_rowid(db_handle(db));
}

static void note_insert(void *context, int operation, const char *schema, const char *table,
                        sqlite3_int64 rowid)
{
    struct db_watch *watch = context;
    (void)schema;

    if (operation != SQLITE_INSERT || !slice_is(watch->table, table))
        return;
    watch->n++;
    watch->rowid = rowid;
}

void db_watch(struct db *db, struct db_watch *watch)
{
    sqlite3_update_hook(db_handle(db), watch ? note_insert : NULL, watch);
}

void db_forget_rowid(struct db *db, int64_t none)
{
    sqlite3_set_last_insert_rowid(db_handle(db), none);
}

uint32_t db_data_version(struct db *db)
{
    unsigned version = 0;

    sqlite3_file_control(db_handle(db), "main", SQLITE_FCNTL_DATA_VERSION, &version);
    return version;
}
