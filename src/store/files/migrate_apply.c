/* SPDX-License-Identifier: MIT */
#include "store/files/migrate_apply.h"

#include <sqlite3.h>

#include "base/clock.h"
#include "store/db/db.h"
#include "store/db/statement.h"
#include "store/files/migrate.h"
#include "store/files/migrate_statement.h"

static const char create_table[] = "CREATE TABLE IF NOT EXISTS thimble_migrations("
                                   "version INTEGER PRIMARY KEY,"
                                   "name TEXT NOT NULL,"
                                   "sha256 TEXT NOT NULL,"
                                   "applied_at TEXT NOT NULL,"
                                   "duration_ms REAL NOT NULL) STRICT";

void slice_copy(char *to, size_t size, struct slice s)
{
    s = slice_first(s, size - 1);
    if (s.len)
        memcpy(to, s.data, s.len);
    to[s.len] = '\0';
}

/* The line, from 1, of a place in the file. */
static size_t line_of(const struct migration *m, const char *place)
{
    size_t line = 1;

    for (const char *p = m->sql.data; p < place; p++)
        line += *p == '\n';
    return line;
}

/* The end of the comment that begins here; NULL: none does, or it has no end. */
static const char *comment_end(const char *sql)
{
    const char *end;

    if (strncmp(sql, "--", 2) == 0)
        return sql + strcspn(sql, "\n");
    if (strncmp(sql, "/*", 2) != 0)
        return NULL;
    end = strstr(sql + 2, "*/");
    if (end)
        end += 2;
    return end;
}

/* The first byte that is neither blank nor comment, so that a line number means something. */
static const char *skip_blank(const char *sql)
{
    for (;;) {
        const char *end;

        sql += strspn(sql, " \t\r\n\f;");
        end = comment_end(sql);
        if (!end)
            return sql;
        sql = end;
    }
}

static bool fail_at(struct db *db, const struct migration *m, const char *statement,
                    struct error *e)
{
    int offset = sqlite3_error_offset(db_handle(db));

    if (db_interruption(db) == INTERRUPTION_STOPPING)
        return error_set(e, ERROR_DRAINING, "%s:%zu: stopped, and undone: the process ends",
                         m->file, line_of(m, statement));
    if (offset > 0)
        statement += offset;
    return error_set(e, ERROR_FAILURE, "%s:%zu: %s", m->file, line_of(m, statement),
                     sqlite3_errmsg(db_handle(db)));
}

static int step_to_end(sqlite3_stmt *stmt)
{
    int rc;

    do {
        rc = sqlite3_step(stmt);
    } while (rc == SQLITE_ROW);
    if (rc == SQLITE_DONE)
        return SQLITE_OK;
    return rc;
}

static bool run_statement(struct db *db, const struct migration *m, const char **sql,
                          struct error *e)
{
    const char *statement = *sql;
    sqlite3_stmt *stmt = NULL;
    char why[256];
    int rc;

    if (!migrate_statement_allowed(statement, why, sizeof why))
        return error_set(e, ERROR_FAILURE, "%s:%zu: %s", m->file, line_of(m, statement), why);
    rc = sqlite3_prepare_v2(db_handle(db), statement, -1, &stmt, sql);
    if (rc == SQLITE_OK && stmt)
        rc = step_to_end(stmt);
    if (rc != SQLITE_OK)
        fail_at(db, m, statement, e);
    else if (!db_in_transaction(db))
        error_set(e, ERROR_FAILURE,
                  "%s:%zu: a migration runs in a transaction of its own and must not end it",
                  m->file, line_of(m, statement));
    sqlite3_finalize(stmt);
    return !error_is_set(e);
}

/* While on, "text" that names no column is a string (sqlite.org/quirks.html#dblquote). */
static void allow_quoted_strings(struct db *db, bool on)
{
    sqlite3_db_config(db_handle(db), SQLITE_DBCONFIG_DQS_DDL, (int)on, NULL);
    sqlite3_db_config(db_handle(db), SQLITE_DBCONFIG_DQS_DML, (int)on, NULL);
}

/* In the dialect of SQLite's own builds: the file may have been written for its shell. */
static bool run_all(struct db *db, const struct migration *m, struct error *e)
{
    const char *sql = skip_blank(m->sql.data);
    bool ok = true;

    allow_quoted_strings(db, true);
    while (ok && *sql) {
        ok = run_statement(db, m, &sql, e);
        sql = skip_blank(sql);
    }
    allow_quoted_strings(db, false);
    return ok;
}

/* Keys are not enforced while tables are rebuilt; what is left must hold all the same
 * (sqlite.org/lang_altertable.html §7). */
static bool check_keys(struct db *db, const struct migration *m, struct error *e)
{
    static const struct slice sql =
        SLICE_LITERAL("SELECT \"table\",parent,rowid FROM pragma_foreign_key_check LIMIT 1");
    struct statement *st = statement_get(db, sql, e);
    enum step step = st ? statement_step(st, e) : STEP_FAILED;

    if (step == STEP_ROW)
        error_set(e, ERROR_FAILURE,
                  "%s leaves a row of %.*s (rowid %lld) that refers to no row of %.*s", m->file,
                  SLICE_ARG(statement_bytes(st, 0)), (long long)statement_integer(st, 2),
                  SLICE_ARG(statement_bytes(st, 1)));
    statement_release(st);
    return step == STEP_DONE;
}

static bool record_applied(struct db *db, const struct migration *m, int64_t us, struct error *e)
{
    static const struct slice sql =
        SLICE_LITERAL("INSERT INTO thimble_migrations(version,name,sha256,applied_at,duration_ms)"
                      "VALUES(?,?,?,?,?)");
    char now[CLOCK_WALL_SIZE];
    struct statement *st = statement_get(db, sql, e);
    bool ok;

    clock_wall(now);
    const struct value values[] = {
        value_integer(m->version),         value_text(slice_from(m->name)),
        value_text(slice_from(m->sha256)), value_text(slice_from(now)),
        value_real((double)us / 1000),
    };
    ok =
        st && statement_bind(st, values, sizeof values / sizeof *values, e) && statement_run(st, e);
    statement_release(st);
    return ok;
}

/* Under the write lock: has another process been first? */
static bool is_applied(struct db *db, const struct migration *m, bool *yes, struct error *e)
{
    static const struct slice sql =
        SLICE_LITERAL("SELECT 1 FROM thimble_migrations WHERE version=?");
    const struct value version = value_integer(m->version);
    struct statement *st;
    enum step step = STEP_FAILED;

    if (!db_exec(db, create_table, e))
        return false;
    st = statement_get(db, sql, e);
    if (st && statement_bind(st, &version, 1, e))
        step = statement_step(st, e);
    statement_release(st);
    *yes = step == STEP_ROW;
    return step != STEP_FAILED;
}

static bool apply_locked(struct db *db, const struct migration *m, bool *done, struct error *e)
{
    int64_t before = clock_us();
    bool applied = false;

    if (!is_applied(db, m, &applied, e))
        return false;
    if (applied)
        return true;
    *done = true;
    if (!run_all(db, m, e))
        return false;
    if (!check_keys(db, m, e))
        return false;
    return record_applied(db, m, clock_us() - before, e);
}

static bool apply_in_transaction(struct db *db, const struct migration *m, bool *done,
                                 struct error *e)
{
    if (!db_begin_immediate(db, e))
        return false;
    if (!apply_locked(db, m, done, e))
        return false;
    return db_commit(db, e);
}

bool apply_one(struct db *db, const struct migration *m, bool *done, struct error *e)
{
    struct error ignored = error_none();
    bool ok;

    *done = false;
    /* The pragma does nothing within a transaction, so it comes before. */
    ok = db_exec(db, "PRAGMA foreign_keys=OFF", e);
    if (ok)
        ok = apply_in_transaction(db, m, done, e);
    if (!ok)
        db_rollback(db);
    db_forget_statements(db);
    if (!db_exec(db, "PRAGMA foreign_keys=ON", ok ? e : &ignored))
        return false;
    return ok;
}
