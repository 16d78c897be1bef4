/*
 * The table of SQLite's codes (store/db/db_fault.c), row by row with the real SQLite: a VFS whose calls
 * fail as a disk's do, an allocator that has nothing left, what a connection may not do.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit.h"

#include <errno.h>

#include <sqlite3.h>

#include "failing_vfs.h"
#include "store/db/db.h"
#include "store/db/statement.h"

/* ---- an allocator with nothing left */

static sqlite3_mem_methods system_memory;
static bool no_memory;

static void *allocate(int n)
{
    return no_memory ? NULL : system_memory.xMalloc(n);
}

static void *reallocate(void *block, int n)
{
    return no_memory ? NULL : system_memory.xRealloc(block, n);
}

static int prepare(void **state)
{
    sqlite3_mem_methods memory;
    (void)state;

    assert_int_equal(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &system_memory), SQLITE_OK);
    memory = system_memory;
    memory.xMalloc = allocate;
    memory.xRealloc = reallocate;
    assert_int_equal(sqlite3_config(SQLITE_CONFIG_MALLOC, &memory), SQLITE_OK);
    return failing_vfs_register();
}

/* ---- what is asked of a database */

static const char schema[] = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT);"
                             "INSERT INTO t VALUES (1, 'one');";
static const char many[] = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT "
                           "2000) INSERT INTO t (a) SELECT hex(randomblob(500)) FROM n";
static const char read_all[] = "SELECT count(a) FROM t";

enum use { USE_OPEN, USE_READ, USE_COMMIT, USE_CHECKPOINT };

/* Some codes SQLite itself turns into others: IOERR_CORRUPTFS, IOERR_NOMEM. */
static const struct fault_case {
    enum vfs_call call;
    int as, with; /* what the call says */
    enum use use;
    int sqlite; /* what is recorded; 0: a database that is opened is named, with its cause */
    enum error_code error;
} cases[] = {
    {CALL_OPEN, SQLITE_CANTOPEN, EIO, USE_OPEN, 0, ERROR_IO},
    {CALL_OPEN, SQLITE_CANTOPEN, ENOSPC, USE_OPEN, 0, ERROR_FULL},
    {CALL_OPEN, SQLITE_CANTOPEN_ISDIR, EISDIR, USE_OPEN, 0, ERROR_IO},
    {CALL_ACCESS, SQLITE_IOERR_ACCESS, EIO, USE_OPEN, 0, ERROR_IO},
    {CALL_READ, SQLITE_IOERR_READ, EIO, USE_READ, SQLITE_IOERR_READ, ERROR_IO},
    {CALL_READ, SQLITE_IOERR_CORRUPTFS, EIO, USE_READ, SQLITE_CORRUPT, ERROR_CORRUPT},
    {CALL_READ, SQLITE_IOERR_DATA, EIO, USE_READ, SQLITE_IOERR_DATA, ERROR_CORRUPT},
    {CALL_READ, SQLITE_IOERR_NOMEM, ENOMEM, USE_READ, SQLITE_NOMEM, ERROR_MEMORY},
    {CALL_SIZE, SQLITE_IOERR_FSTAT, EIO, USE_OPEN, 0, ERROR_IO},
    {CALL_LOCK, SQLITE_IOERR_LOCK, EIO, USE_OPEN, 0, ERROR_IO},
    {CALL_LOCK, SQLITE_PERM, EPERM, USE_OPEN, 0, ERROR_UNWRITABLE},
    {CALL_LOCK, SQLITE_BUSY, EAGAIN, USE_OPEN, 0, ERROR_LOCKED},
    {CALL_LOCK, SQLITE_NOLFS, EOVERFLOW, USE_OPEN, 0, ERROR_IO},
    {CALL_SHM_MAP, SQLITE_IOERR_SHMMAP, EIO, USE_OPEN, 0, ERROR_IO},
    {CALL_SHM_MAP, SQLITE_IOERR_SHMSIZE, ENOSPC, USE_OPEN, 0, ERROR_FULL},
    {CALL_SHM_LOCK, SQLITE_IOERR_SHMLOCK, EIO, USE_READ, SQLITE_IOERR_SHMLOCK, ERROR_IO},
    {CALL_SHM_LOCK, SQLITE_PROTOCOL, EIO, USE_READ, SQLITE_PROTOCOL, ERROR_LOCKED},
    {CALL_WRITE, SQLITE_IOERR_WRITE, EIO, USE_COMMIT, SQLITE_IOERR_WRITE, ERROR_IO},
    {CALL_WRITE, SQLITE_IOERR_WRITE, EFBIG, USE_COMMIT, SQLITE_IOERR_WRITE, ERROR_FULL},
    {CALL_WRITE, SQLITE_IOERR_WRITE, EDQUOT, USE_COMMIT, SQLITE_IOERR_WRITE, ERROR_FULL},
    {CALL_WRITE, SQLITE_FULL, ENOSPC, USE_COMMIT, SQLITE_FULL, ERROR_FULL},
    {CALL_WRITE, SQLITE_READONLY, EROFS, USE_COMMIT, SQLITE_READONLY, ERROR_UNWRITABLE},
    {CALL_WRITE, SQLITE_READONLY_DBMOVED, EIO, USE_COMMIT, SQLITE_READONLY_DBMOVED, ERROR_LOST},
    {CALL_SYNC, SQLITE_IOERR_FSYNC, EIO, USE_COMMIT, SQLITE_IOERR_FSYNC, ERROR_IO},
    {CALL_WRITE, SQLITE_IOERR_WRITE, EIO, USE_CHECKPOINT, SQLITE_IOERR_WRITE, ERROR_IO},
    {CALL_SYNC, SQLITE_IOERR_FSYNC, EIO, USE_CHECKPOINT, SQLITE_IOERR_FSYNC, ERROR_IO},
    {CALL_TRUNCATE, SQLITE_IOERR_TRUNCATE, EIO, USE_CHECKPOINT, SQLITE_IOERR_TRUNCATE, ERROR_IO},
};

static struct db *open_as(const char *path, enum db_mode mode, struct error *e)
{
    struct db_options options = db_options_default();

    options.busy_ms = 0;
    return db_open(path, mode, &options, e);
}

static void refused(const struct error *e, int sqlite, enum error_code code)
{
    if (e->sqlite_code != sqlite || e->code != code)
        print_error("not %s (%d): %s\n", error_code_text(code), e->sqlite_code, e->message);
    assert_int_equal(e->sqlite_code, sqlite);
    assert_int_equal(e->code, code);
    assert_true(!sqlite || e->sqlite_name);
    assert_true(e->message[0] != '\0');
}

static bool try_use(struct db *db, enum use use, struct error *e)
{
    int64_t n;

    switch (use) {
    case USE_OPEN: break;
    case USE_READ: return db_integer(db, read_all, &n, e);
    case USE_COMMIT: return db_commit(db, e);
    case USE_CHECKPOINT: return db_exec(db, "PRAGMA wal_checkpoint(TRUNCATE)", e);
    }
    return false;
}

static void one_case(const struct fault_case *c)
{
    const char *path = unit_database();
    struct error e = error_none();
    struct db *db = unit_open(path, schema);

    if (c->use == USE_READ) {
        db_close(db);
        db = open_as(path, DB_WRITE, &e);
    }
    if (c->use == USE_COMMIT) {
        assert_true(db_begin_immediate(db, &e));
        assert_true(db_exec(db, many, &e));
    }
    unit_no_error(&e);
    failing_vfs.call = c->call;
    failing_vfs.as = c->as;
    failing_vfs.with = c->with;
    if (c->use == USE_OPEN) {
        db_close(db);
        db = open_as(path, DB_WRITE, &e);
        assert_null(db);
    } else {
        assert_false(try_use(db, c->use, &e));
    }
    failing_vfs.call = CALL_NONE;
    refused(&e, c->sqlite, c->error);
    db_close(db);
}

static void calls_that_fail(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        one_case(&cases[i]);
    }
}

/* Whatever call failed, the connection works when it does not fail any more, and the rows are there. */
static void nothing_is_lost(void **state)
{
    struct error e = error_none();
    struct db *db = unit_open(unit_database(), schema);
    int64_t n = 0;
    (void)state;

    for (enum vfs_call call = CALL_READ; call <= CALL_SHM_LOCK; call++) {
        error_clear(&e);
        failing_vfs.call = call;
        failing_vfs.as = SQLITE_IOERR;
        failing_vfs.with = EIO;
        if (db_begin_immediate(db, &e) && db_exec(db, many, &e))
            (void)!db_commit(db, &e);
        db_rollback(db);
        (void)!db_exec(db, "PRAGMA wal_checkpoint(TRUNCATE)", &e);
        failing_vfs.call = CALL_NONE;
        error_clear(&e);
        assert_true(db_integer(db, "SELECT count(*) FROM t WHERE id = 1", &n, &e));
        assert_int_equal(n, 1);
        assert_true(db_exec(db, "DELETE FROM t WHERE id > 1", &e));
    }
    db_close(db);
}

static void memory_ends(void **state)
{
    const char *path = unit_database();
    struct error e = error_none();
    struct db *db = unit_open(path, schema);
    struct db *reader;
    int64_t n;
    (void)state;

    assert_true(db_exec(db, many, &e));
    no_memory = true;
    assert_false(db_integer(db, "SELECT length(group_concat(a)) FROM t", &n, &e));
    no_memory = false;
    refused(&e, SQLITE_NOMEM, ERROR_MEMORY);
    error_clear(&e);
    assert_true(db_integer(db, read_all, &n, &e)); /* and then it is there again */
    no_memory = true;
    reader = open_as(path, DB_READ, &e);
    no_memory = false;
    assert_null(reader);
    assert_int_equal(e.code, ERROR_MEMORY);
    db_close(db);
}

static void what_may_not_be_done(void **state)
{
    static const char *const denied[] = {"ATTACH 'x' AS y", "CREATE TEMP TABLE x (a)",
                                         "DROP TABLE t", "CREATE INDEX i ON t (a)"};
    const char *path = unit_database();
    struct error e = error_none();
    struct db *db = unit_open(path, schema), *reader = open_as(path, DB_READ, &e);
    (void)state;

    unit_no_error(&e);
    for (size_t i = 0; i < sizeof denied / sizeof *denied; i++) {
        error_clear(&e);
        assert_false(db_exec(reader, denied[i], &e));
        refused(&e, SQLITE_AUTH, ERROR_DENIED);
    }
    db_close(reader);
    db_close(db);
}

/* Nothing of ours binds what is not there: it would be a fault of the program's own. */
static void a_parameter_that_is_not_there(void **state)
{
    struct error e = error_none();
    struct db *db = unit_open(unit_database(), schema);
    sqlite3_stmt *stmt;
    int rc;
    (void)state;

    assert_int_equal(sqlite3_prepare_v2(db_handle(db), read_all, -1, &stmt, NULL), SQLITE_OK);
    rc = sqlite3_bind_int(stmt, 2, 1);
    assert_false(db_error(db, rc, &e));
    refused(&e, SQLITE_RANGE, ERROR_INTERNAL);
    sqlite3_finalize(stmt);
    db_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_that_fail),
        cmocka_unit_test(nothing_is_lost),
        cmocka_unit_test(memory_ends),
        cmocka_unit_test(what_may_not_be_done),
        cmocka_unit_test(a_parameter_that_is_not_there),
    };

    return cmocka_run_group_tests(tests, prepare, NULL);
}
