/*
 * The store floor on real files: connections, statements, the catalogue, migrations,
 * readers and the writer.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit.h"

#include <poll.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "store/catalog/catalog.h"
#include "store/catalog/diagnose.h"
#include "store/db/statement.h"
#include "store/files/migrate.h"
#include "store/files/migrate_file.h"
#include "store/run/reader.h"
#include "store/run/writer.h"
#include "store/store.h"

static const char schema[] =
    "CREATE TABLE Parent (a INTEGER PRIMARY KEY, b TEXT UNIQUE);"
    "CREATE TABLE child (id INTEGER PRIMARY KEY, "
    "  p INTEGER /* CONSTRAINT not_this */ CONSTRAINT \"to parent\" REFERENCES parent (a),"
    "  q INT REFERENCES parent ON DELETE CASCADE,"
    "  r TEXT CHECK (r <> 'x, FOREIGN KEY (id) REFERENCES nothing (y)'),"
    "  g AS (id * 2) STORED,"
    "  CONSTRAINT [by b] FOREIGN KEY (r) REFERENCES parent (b),"
    "  FOREIGN KEY (id) REFERENCES child (id));"
    "CREATE TABLE pair (y TEXT, x TEXT, PRIMARY KEY (x, y)) WITHOUT ROWID;"
    "CREATE TABLE one (id INTEGER PRIMARY KEY, p INTEGER UNIQUE REFERENCES parent (a));"
    "CREATE TABLE nokey (v);"
    "CREATE VIEW plain AS SELECT a, b FROM parent;"
    "CREATE VIEW writable AS SELECT a FROM parent;"
    "CREATE TRIGGER w INSTEAD OF DELETE ON writable BEGIN DELETE FROM parent WHERE a = old.a; END;"
    "CREATE VIRTUAL TABLE words USING fts5 (t);"
    "CREATE TABLE thimble_secret (v);";

static const struct table *table_of(const struct catalog *c, const char *name)
{
    const struct table *t = catalog_table(c, slice_from(name));

    assert_non_null(t);
    return t;
}

static void catalogue(void **state)
{
    struct error e = error_none();
    struct db *db = unit_open(unit_database(), schema);
    struct catalog *c = catalog_load(db, NULL, &e);
    const struct table *child, *parent, *pair;
    (void)state;

    unit_no_error(&e);
    assert_null(catalog_table(c, slice_from("thimble_secret")));
    assert_null(catalog_table(c, slice_from("sqlite_schema")));
    assert_null(catalog_table(c, slice_from("words_data")));
    assert_int_equal(table_of(c, "words")->kind, TABLE_VIRTUAL);
    assert_int_equal(table_of(c, "words")->n_columns, 1);

    child = table_of(c, "child");
    parent = table_of(c, "Parent");
    assert_int_equal(child->rowid_alias, 0);
    assert_true(child->columns[table_column(child, slice_from("g"))].generated);
    assert_int_equal(child->n_foreign, 9); /* four, and what they are to the two views */
    assert_false(child->foreign[3]->through_view);
    assert_true(child->foreign[4]->through_view);
    assert_int_equal(table_of(c, "plain")->n_referring, 4);
    assert_int_equal(table_of(c, "writable")->n_referring, 3);
    assert_string_equal(child->foreign[0]->name, "to parent");
    assert_string_equal(child->foreign[1]->name, "child_q_fkey");
    assert_string_equal(child->foreign[2]->name, "by b");
    assert_string_equal(child->foreign[3]->name, "child_id_fkey");
    assert_true(child->foreign[0]->restricts);
    assert_false(child->foreign[1]->restricts);
    assert_ptr_equal(child->foreign[2]->parent, parent);
    assert_int_equal(child->foreign[2]->parent_columns[0], 1);
    assert_true(table_of(c, "words")->fts != NULL && child->fts == NULL);
    assert_int_equal(parent->n_referring, 4); /* three of child, one of one */
    assert_true(table_of(c, "one")->foreign[0]->child_unique);
    assert_false(child->foreign[0]->child_unique);

    pair = table_of(c, "pair");
    assert_int_equal(pair->n_key, 2);
    assert_int_equal(pair->key[0], 1);
    assert_int_equal(pair->rowid_alias, -1);
    assert_true(pair->columns[0].not_null);
    assert_int_equal(table_of(c, "nokey")->n_key, 0);
    assert_false(table_of(c, "plain")->deletable);
    assert_true(table_of(c, "writable")->deletable);
    assert_false(table_of(c, "writable")->insertable);

    assert_string_equal(catalog_suggest_table(c, slice_from("chidl")), "child");
    assert_null(catalog_suggest_table(c, slice_from("nothing like it")));
    catalog_drop(catalog_hold(c));
    catalog_drop(c);
    db_close(db);
}

static void kinds_of_types(void **state)
{
    static const struct {
        const char *type;
        enum column_kind kind;
    } cases[] = {{NULL, KIND_ANY},
                 {"", KIND_ANY},
                 {"any", KIND_ANY},
                 {"INTEGER_OR_TEXT", KIND_OTHER},
                 {"POINT", KIND_OTHER},
                 {"UNSIGNED BIG INT", KIND_INTEGER},
                 {"int(11) unsigned", KIND_INTEGER},
                 {"double  precision", KIND_REAL},
                 {"TIMESTAMP(3) WITH TIME ZONE", KIND_TEXT},
                 {"varbinary(16)", KIND_BLOB},
                 {"MEDIUMBLOB", KIND_BLOB},
                 {"GUID", KIND_OTHER},
                 {"ENUM('a', 'b')", KIND_OTHER},
                 {"Decimal (10, 2)", KIND_NUMERIC},
                 {"INTEGER", KIND_INTEGER},
                 {"int", KIND_INTEGER},
                 {"BIGINT", KIND_INTEGER},
                 {"NVARCHAR(40)", KIND_TEXT},
                 {"text", KIND_TEXT},
                 {"BLOB", KIND_BLOB},
                 {"DOUBLE", KIND_REAL},
                 {"NUMERIC(10,2)", KIND_NUMERIC},
                 {"DATETIME", KIND_TEXT},
                 {"boolean", KIND_BOOLEAN},
                 {"BOOL", KIND_BOOLEAN},
                 {"JSON", KIND_JSON},
                 {"jsonb", KIND_JSONB},
                 {"FLOAT", KIND_REAL},
                 {"DECIMAL", KIND_NUMERIC}};
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(catalog_kind(cases[i].type), cases[i].kind);
}

static void statements_are_cached_and_evicted(void **state)
{
    struct db_options options = db_options_default();
    struct error e = error_none();
    const char *path = unit_database();
    struct statement *a, *b;
    struct db *db;
    (void)state;

    options.statement_cache = 2;
    db = db_open(path, DB_WRITE, &options, &e);
    unit_no_error(&e);
    a = statement_get(db, slice_from("SELECT 1"), &e);
    b = statement_get(db, slice_from("SELECT 1"), &e);
    assert_ptr_not_equal(a, b); /* in use: a second one */
    statement_release(b);
    statement_release(a);
    assert_ptr_equal(statement_get(db, slice_from("SELECT 1"), &e), a);
    for (int i = 0; i < 10; i++) { /* `a` is in use and must survive */
        char sql[32];
        snprintf(sql, sizeof sql, "SELECT %d", i + 10);
        statement_release(statement_get(db, slice_from(sql), &e));
    }
    assert_int_equal(statement_step(a, &e), STEP_ROW);
    assert_int_equal(statement_integer(a, 0), 1);
    statement_release(a);
    assert_null(statement_get(db, slice_from("SELEKT"), &e));
    assert_true(error_is_set(&e));
    db_close(db);
}

static void a_reading_connection_cannot_write(void **state)
{
    struct db_options options = db_options_default();
    const char *path = unit_database();
    struct error e = error_none();
    struct db *writer = unit_open(path, "CREATE TABLE t (v)"), *reader;
    (void)state;

    reader = db_open(path, DB_READ, &options, &e);
    unit_no_error(&e);
    assert_null(statement_get(reader, slice_from("INSERT INTO t VALUES (1)"), &e));
    assert_true(error_is_set(&e));
    error_clear(&e);
    assert_null(statement_get(reader, slice_from("ATTACH 'x' AS y"), &e));
    db_close(reader);
    db_close(writer);
}

static bool fails_with(struct db *db, const char *sql, enum error_code code, const char *column,
                       const char *constraint)
{
    struct error e = error_none();
    bool ok = db_exec(db, sql, &e);

    return !ok && e.code == code && strcmp(e.column, column) == 0 &&
           strcmp(e.constraint, constraint) == 0;
}

static void sqlites_errors_are_ours(void **state)
{
    struct db *db =
        unit_open(unit_database(), "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT NOT NULL, b INT,"
                                   " CONSTRAINT small CHECK (b < 10), UNIQUE (a, b));"
                                   "CREATE TABLE s (i INT) STRICT;"
                                   "INSERT INTO t VALUES (1, 'x', 1);");
    (void)state;

    assert_true(fails_with(db, "INSERT INTO t VALUES (2,'x',1)", ERROR_UNIQUE, "a", "t_a_b_key"));
    assert_true(fails_with(db, "INSERT INTO t VALUES (1,'y',1)", ERROR_UNIQUE, "id", "t_pkey"));
    assert_true(fails_with(db, "INSERT INTO t VALUES (2,NULL,1)", ERROR_NOT_NULL, "a", ""));
    assert_true(fails_with(db, "INSERT INTO t VALUES (2,'z',99)", ERROR_CHECK, "", "small"));
    assert_true(fails_with(db, "INSERT INTO s VALUES ('x')", ERROR_VALUE, "i", ""));
    assert_true(fails_with(db, "INSERT INTO t VALUES ('a','z',1)", ERROR_VALUE, "", ""));
    db_close(db);
}

static const struct migration first = {
    1, "one", "0001_one.sql", SLICE_LITERAL("CREATE TABLE one (id INTEGER PRIMARY KEY);"), "aa"};
static const struct migration second = {
    2, "two", "0002_two.sql",
    SLICE_LITERAL("-- first a comment\n\nCREATE TABLE two (id INTEGER PRIMARY KEY);\n"
                  "INSERT INTO nothing VALUES (1);"),
    "bb"};

static void migrations(void **state)
{
    struct migration items[2] = {first, second};
    struct migration_set set = {items, 1};
    struct db *db = unit_open(unit_database(), NULL);
    struct error e = error_none();
    size_t applied;
    int64_t n;
    (void)state;

    assert_true(migrate_up(db, &set, &applied, NULL, NULL, &e));
    assert_int_equal(applied, 1);
    assert_true(migrate_up(db, &set, &applied, NULL, NULL, &e));
    assert_int_equal(applied, 0);
    assert_true(migrate_current(db, &set, &e));

    set.count = 2;
    assert_false(migrate_up(db, &set, &applied, NULL, NULL, &e));
    assert_non_null(strstr(e.message, "0002_two.sql:4"));
    error_clear(&e);
    assert_true(db_integer(db, "SELECT count(*) FROM sqlite_schema WHERE name='two'", &n, &e));
    assert_int_equal(n, 0);
    assert_true(db_integer(db, "PRAGMA foreign_keys", &n, &e));
    assert_int_equal(n, 1);

    set.count = 1;
    items[0].sha256 = "changed";
    assert_false(migrate_up(db, &set, &applied, NULL, NULL, &e));
    assert_non_null(strstr(e.message, "aa"));
    db_close(db);
}

static void migration_file_names(void **state)
{
    static const struct {
        const char *file, *name;
        int64_t version;
        bool undoes;
    } good[] = {
        {"0042_add_tags.sql", "add_tags", 42, false},
        {"0000_a.sql", "a", 0, false},
        {"20240131120000_a-b.sql", "a-b", 20240131120000, false},
        {"7_a.up.sql", "a", 7, false},
        {"7_a.down.sql", "a", 7, true},
        {"V7__a.sql", "a", 7, false},
        {"U7__a.sql", "a", 7, true},
    };
    static const char *const bad[] = {
        "a.sql",        "0001.sql", "0001_.sql", "0001-a.sql", "0001_a.txt",
        "0001_a b.sql", "_a.sql",   "",          "R__a.sql",   "V1.2__a.sql",
        "V1_2__a.sql",  "V__a.sql", "1_a.b.sql", "1_.up.sql",  "9999999999999999999_a.sql"};
    struct migration_file file;
    (void)state;

    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct error e = error_none();

        assert_true(migrate_parse_file(good[i].file, &file, &e));
        assert_int_equal(file.version, good[i].version);
        assert_string_equal(file.name, good[i].name);
        assert_int_equal(file.undoes, good[i].undoes);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct error e = error_none();

        assert_false(migrate_parse_file(bad[i], &file, &e));
        assert_true(e.message[0] != '\0');
    }
}

static void two_processes_migrate_once(void **state)
{
    const struct migration_set set = {&first, 1};
    const char *path = unit_database();
    pid_t children[4];
    (void)state;

    db_close(unit_open(path, NULL));
    for (int i = 0; i < 4; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            struct db *db = unit_open(path, NULL);
            struct error e = error_none();
            size_t applied = 0;
            bool ok = migrate_up(db, &set, &applied, NULL, NULL, &e);

            db_close(db);
            _exit(ok ? (int)applied : 99);
        }
    }
    int total = 0;
    for (int i = 0; i < 4; i++) {
        int status;
        waitpid(children[i], &status, 0);
        assert_true(WIFEXITED(status));
        total += WEXITSTATUS(status);
    }
    assert_int_equal(total, 1);
}

/* ---- the writer */

struct insert {
    struct job job;
    struct error error;
    const char *sql;
    int runs;
};

static bool run_insert(struct job *job, struct db *db)
{
    struct insert *insert = (struct insert *)job;

    insert->runs++;
    return db_exec(db, insert->sql, job->error);
}

static void wait_for_jobs(struct completion_queue *m, int n)
{
    while (n > 0) {
        struct pollfd p = {.fd = m->wake_fd, .events = POLLIN};

        assert_int_equal(poll(&p, 1, 10000), 1);
        for (struct completion *l = completion_queue_take(m); l; l = l->next)
            n--;
    }
}

static void jobs_share_a_commit(bool single)
{
    static const char *const sql[] = {
        "INSERT INTO t VALUES (1)",
        "INSERT INTO t VALUES (1)", /* not unique */
        "INSERT INTO t VALUES (2)",
        "INSERT INTO t VALUES (-1)", /* rolls everything back */
        "INSERT INTO t VALUES (3)",
        "INSERT INTO late VALUES (99)",                       /* deferred key */
        "INSERT INTO t VALUES (4); INSERT INTO t VALUES (4)", /* half of it would work */
        "INSERT INTO t VALUES (5)",
        "INSERT INTO t VALUES (6)", /* fails, and leaves its row behind */
    };
    enum { N = sizeof sql / sizeof *sql };
    const struct writer_options options = {
        .queue_max = 100, .slow_max = 10, .batch_max = 100, .checkpoint_pages = 1000};
    const struct db_options db_options = db_options_default();
    const char *path = unit_database();
    struct insert inserts[N] = {0};
    struct error e = error_none();
    struct completion_queue completions;
    struct store store;
    struct writer *writer;
    int64_t n;
    struct db *db = unit_open(path, "CREATE TABLE t (v INTEGER PRIMARY KEY);"
                                    "CREATE TABLE late (v REFERENCES t (v) DEFERRABLE INITIALLY "
                                    "DEFERRED);"
                                    "CREATE TRIGGER r BEFORE INSERT ON t WHEN new.v = -1 BEGIN "
                                    "SELECT RAISE(ROLLBACK, 'all of it'); END;"
                                    "CREATE TRIGGER f AFTER INSERT ON t WHEN new.v = 6 BEGIN "
                                    "SELECT RAISE(FAIL, 'the row stays'); END;");

    assert_true(completion_queue_init(&completions, &e));
    assert_true(store_open(&store, path, &db_options, NULL, &e));
    writer = writer_start(&store, &options, &e);
    unit_no_error(&e);
    for (int i = 0; i < N; i++) {
        inserts[i].job = (struct job){.run = run_insert,
                                      .completions = &completions,
                                      .single = single,
                                      .error = &inserts[i].error};
        inserts[i].sql = sql[i];
        assert_true(writer_submit(writer, &inserts[i].job));
    }
    wait_for_jobs(&completions, N);
    static const bool good[N] = {true, false, true, false, true, false, false, true, false};
    for (int i = 0; i < N; i++)
        assert_int_equal(error_is_set(inserts[i].job.error), !good[i]);
    assert_int_equal(inserts[5].job.error->code, ERROR_FOREIGN_KEY);
    writer_stop(writer);
    store_close(&store);
    completion_queue_finish(&completions);
    assert_true(
        db_integer(db, "SELECT group_concat(v, '') FROM (SELECT v FROM t ORDER BY v)", &n, &e));
    assert_int_equal(n, 1235);
    db_close(db);
}

static void jobs_share_a_commit_and_fail_alone(void **state)
{
    (void)state;
    jobs_share_a_commit(false);
}

static void single_jobs_fail_alone(void **state)
{
    (void)state;
    jobs_share_a_commit(true);
}

static void a_reader_sees_commits_and_schema_changes(void **state)
{
    const struct db_options options = db_options_default();
    const char *path = unit_database();
    struct db *other = unit_open(path, "CREATE TABLE t (v)");
    struct error e = error_none();
    struct store store;
    struct reader *reader;
    int64_t now = clock_us(), n = -1;
    (void)state;

    assert_true(store_open(&store, path, &options, NULL, &e));
    reader = reader_open(&store, &e);
    unit_no_error(&e);
    assert_true(reader_begin(reader, now, 0, &e));
    assert_true(db_exec(other, "INSERT INTO t VALUES (1)", &e));
    assert_true(reader_begin(reader, now + 1, 0, &e)); /* the kept snapshot */
    assert_true(db_integer(reader_db(reader), "SELECT count(*) FROM t", &n, &e));
    assert_int_equal(n, 0);
    store_committed(&store); /* as the writer says: now it must be renewed */
    assert_true(reader_begin(reader, now + 2, 0, &e));
    assert_true(db_integer(reader_db(reader), "SELECT count(*) FROM t", &n, &e));
    assert_int_equal(n, 1);
    assert_true(db_exec(other, "CREATE TABLE u (v)", &e));
    struct catalog *before = catalog_hold(reader_catalog(reader));
    assert_true(reader_begin(reader, now + READER_KEEP_US + 3, 0, &e)); /* too old: renewed */
    assert_non_null(catalog_table(reader_catalog(reader), slice_from("u")));
    assert_null(catalog_table(before, slice_from("u")));
    catalog_drop(before);
    reader_close(reader);
    store_close(&store);
    db_close(other);
}

static void deadlines_stop_statements(void **state)
{
    struct db *db = unit_open(unit_database(), NULL);
    struct error e = error_none();
    int64_t n;
    (void)state;

    db_deadline(db, clock_us() + 20000);
    assert_false(db_integer(db,
                            "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM c) "
                            "SELECT n FROM c WHERE n < 0",
                            &n, &e));
    assert_int_equal(e.code, ERROR_TIMEOUT);
    db_close(db);
}

static void foreign_keys_are_explained(void **state)
{
    struct db *db =
        unit_open(unit_database(), "CREATE TABLE p (a INT, b INT, PRIMARY KEY (a, b));"
                                   "CREATE TABLE c (x INT, y INT, CONSTRAINT cp FOREIGN KEY (x, y) "
                                   "REFERENCES p);"
                                   "INSERT INTO p VALUES (1, 2); INSERT INTO c VALUES (1, 2);");
    struct error e = error_none();
    struct catalog *catalog = catalog_load(db, NULL, &e);
    const int columns[] = {0, 1};
    const struct value missing[] = {value_integer(1), value_integer(9)};
    (void)state;

    error_set(&e, ERROR_FOREIGN_KEY, "unknown");
    diagnose_missing_parent(db, table_of(catalog, "c"), columns, missing, 2, &e);
    assert_string_equal(e.constraint, "cp");
    assert_string_equal(e.details, "Key (x, y)=(1, 9) is not present in table \"p\".");
    error_clear(&e);
    error_set(&e, ERROR_FOREIGN_KEY, "unknown");
    diagnose_still_referenced(db, table_of(catalog, "p"), slice_from("\"a\"=?"), missing, 1, &e);
    assert_string_equal(e.details, "Key (a, b)=(1, 2) is still referenced from table \"c\".");
    catalog_drop(catalog);
    db_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(catalogue),
        cmocka_unit_test(kinds_of_types),
        cmocka_unit_test(statements_are_cached_and_evicted),
        cmocka_unit_test(a_reading_connection_cannot_write),
        cmocka_unit_test(sqlites_errors_are_ours),
        cmocka_unit_test(migrations),
        cmocka_unit_test(migration_file_names),
        cmocka_unit_test(two_processes_migrate_once),
        cmocka_unit_test(jobs_share_a_commit_and_fail_alone),
        cmocka_unit_test(single_jobs_fail_alone),
        cmocka_unit_test(a_reader_sees_commits_and_schema_changes),
        cmocka_unit_test(deadlines_stop_statements),
        cmocka_unit_test(foreign_keys_are_explained),
    };

    log_set_level(LOG_OFF);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
