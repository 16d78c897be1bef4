/*
 * Backups: the file that takes its name when it is whole, the copy, the way back, the folder
 * of backups, the thread that fills it, and the verb.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/verbs.h"
#include "base/atomic_file.h"
#include "base/log.h"
#include "http/route.h"
#include "resource_fixture.h"
#include "store/files/backup.h"
#include "store/files/backup_folder.h"
#include "store/files/backup_scheduler.h"
#include "store/store.h"

static const char schema[] =
    "CREATE TABLE a (id INTEGER PRIMARY KEY, t TEXT); CREATE TABLE b (id INTEGER PRIMARY KEY,"
    "  a INTEGER REFERENCES a (id)); CREATE VIRTUAL TABLE w USING fts5 (t);"
    "CREATE TABLE c (t TEXT CHECK (t REGEXP '^x')); INSERT INTO c VALUES ('xy');"
    "INSERT INTO w VALUES ('some words');"
    "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 4000)"
    "  INSERT INTO a SELECT i, hex(randomblob(500)) FROM n; INSERT INTO b SELECT id, id FROM a;";

static struct db_options db_options;
static struct backup_options plain = {.db = &db_options};

/* A path of its own each time; unit_database's is good until the next. */
static const char *new_path(void)
{
    static char paths[40][128];
    static size_t n;

    assert_true(n < sizeof paths / sizeof *paths);
    snprintf(paths[n], sizeof *paths, "%s", unit_database());
    return paths[n++];
}

static bool is_there(const char *path)
{
    return access(path, F_OK) == 0;
}

static const char *beside(const char *path, const char *suffix)
{
    static char out[4][PATH_MAX];
    static int next;

    next = (next + 1) % 4;
    snprintf(out[next], PATH_MAX, "%s%s", path, suffix);
    return out[next];
}

static int64_t integer(const char *path, const char *sql)
{
    struct error e = error_none();
    struct db *db = db_open(path, DB_READ, &db_options, &e);
    int64_t n = -1;

    unit_no_error(&e);
    if (!db_integer(db, sql, &n, &e))
        unit_no_error(&e);
    db_close(db);
    return n;
}

static void write_bytes(const char *path, off_t at, const char *bytes, size_t n)
{
    int fd = open(path, O_WRONLY | O_CREAT, 0644);

    assert_true(fd >= 0 && pwrite(fd, bytes, n, at) == (ssize_t)n);
    close(fd);
}

static void copy_file(const char *from, const char *to)
{
    static char bytes[1 << 16];
    FILE *in = fopen(from, "re"), *out = fopen(to, "we");

    assert_true(in && out);
    for (size_t n; (n = fread(bytes, 1, sizeof bytes, in)) > 0;)
        assert_int_equal(fwrite(bytes, 1, n, out), n);
    fclose(in);
    fclose(out);
}

static void nothing_is_left(const char *to)
{
    assert_false(is_there(to));
    assert_false(is_there(beside(to, ATOMIC_FILE_SUFFIX)));
    assert_false(is_there(beside(to, ATOMIC_FILE_SUFFIX "-journal")));
}

static void refused(const char *from, const char *to, const struct backup_options *o,
                    enum error_code code, const char *words)
{
    struct backup_made made;
    struct error e = error_none();

    assert_false(backup_take(from, to, o, &made, &e));
    if (e.code != code || !strstr(e.message, words))
        fail_msg("%s: %s", error_code_text(e.code), e.message);
}

static void a_part_takes_its_name_when_whole(void **state)
{
    const char *name = new_path();
    struct error e = error_none();
    struct atomic_file part, other;
    int fd;
    (void)state;

    assert_true(atomic_file_open(&part, name, false, &e));
    assert_false(atomic_file_open(&other, name, false, &e));
    assert_int_equal(e.code, ERROR_BUSY);
    error_clear(&e);
    assert_true(is_there(part.path) && !is_there(name));
    atomic_file_discard(&part);
    nothing_is_left(name);
    assert_true(atomic_file_open(&part, name, false, &e));
    assert_int_equal(write(part.fd, "new", 3), 3);
    write_bytes(name, 0, "old", 3); /* came up meanwhile */
    assert_false(atomic_file_commit(&part, &e));
    atomic_file_discard(&part);
    assert_false(is_there(beside(name, ATOMIC_FILE_SUFFIX)));
    error_clear(&e);
    assert_false(atomic_file_open(&part, name, false, &e));
    error_clear(&e);
    write_bytes(beside(name, ATOMIC_FILE_SUFFIX), 0, "what a killed process left", 26);
    assert_true(atomic_file_open(&part, name, true, &e));
    assert_int_equal(write(part.fd, "new", 3), 3);
    assert_true(atomic_file_commit(&part, &e));
    atomic_file_discard(&part);
    fd = open(name, O_RDONLY);
    assert_int_equal(lseek(fd, 0, SEEK_END), 3);
    close(fd);
}

/* Inserts one row into a and one into b, always together, until told to stop. */
static void *insert_pairs(void *context)
{
    struct error e = error_none();
    struct db *db = db_open(context, DB_CHECK, &db_options, &e);

    for (int i = 0; i < 1000000 && !is_there(beside(context, ".stop")) && !error_is_set(&e); i++) {
        if (!db_exec(db,
                     "BEGIN IMMEDIATE; INSERT INTO a (t) VALUES (hex(randomblob(300)));"
                     "INSERT INTO b (a) VALUES (last_insert_rowid()); COMMIT",
                     &e))
            break;
    }
    db_close(db);
    return error_is_set(&e) ? "failed" : NULL;
}

static void a_backup_is_one_instant(void **state)
{
    const char *path = new_path(), *to = new_path();
    struct backup_options again = plain;
    struct error e = error_none();
    struct backup_made made;
    int64_t last = 4000;
    pthread_t thread;
    void *failed;
    (void)state;

    db_close(unit_open(path, schema));
    again.replace = true;
    pthread_create(&thread, NULL, insert_pairs, (void *)path);
    for (int i = 0; i < 8; i++) {
        if (!backup_take(path, to, &again, &made, &e))
            unit_no_error(&e);
        int64_t a = integer(to, "SELECT count(*) FROM a"),
                b = integer(to, "SELECT count(*) FROM b");
        assert_true(a == b && a >= last);
        last = a;
    }
    write_bytes(beside(path, ".stop"), 0, "", 0);
    pthread_join(thread, &failed);
    assert_null(failed);
    assert_true(last > 4000); /* it did write meanwhile */
}

static void a_backup_is_one_checked_file(void **state)
{
    const char *path = new_path(), *to = new_path();
    struct db *db = unit_open(path, schema);
    struct error e = error_none();
    struct backup_made made;
    struct stat st;
    char version[2];
    int fd;
    (void)state;

    assert_true(db_exec(db, "PRAGMA foreign_keys=OFF; INSERT INTO b VALUES (9999, 9999)", &e));
    assert_int_equal(chmod(path, 0640), 0);
    if (!backup_take(path, to, &plain, &made, &e))
        unit_no_error(&e);
    assert_int_equal(made.orphans, 1);
    assert_true(stat(to, &st) == 0 && st.st_size == made.bytes && (st.st_mode & 0777) == 0640);
    fd = open(to, O_RDONLY); /* not in WAL mode: it opens where nothing can be written */
    assert_int_equal(pread(fd, version, 2, 18), 2);
    close(fd);
    assert_true(version[0] == 1 && version[1] == 1);
    assert_int_equal(integer(to, "SELECT count(*) FROM b"), 4001);
    assert_int_equal(integer(to, "SELECT count(*) FROM w('words')"), 1);
    assert_false(is_there(beside(to, "-wal")) || is_there(beside(to, "-shm")));
    db_close(db);
}

static bool stop_at(void *context, enum backup_phase phase, int64_t done, int64_t total)
{
    return phase != *(enum backup_phase *)context || done < total / 2;
}

static void a_failure_leaves_nothing(void **state)
{
    const char *path = new_path(), *to = new_path(), *bad = new_path();
    struct backup_options o = plain;
    enum backup_phase phase = BACKUP_COPIES;
    (void)state;

    db_close(unit_open(path, schema));
    refused(path, "/nowhere/at/all.db", &plain, ERROR_IO, "/nowhere/at/all.db");
    refused(beside(path, "x"), to, &plain, ERROR_IO, "No such file");
    refused(path, path, &plain, ERROR_FAILURE, "itself");
    o.watch = stop_at;
    o.context = &phase;
    refused(path, to, &o, ERROR_DRAINING, "stopped");
    nothing_is_left(to);
    o.watch = NULL;
    o.timeout_us = 1;
    refused(path, to, &o, ERROR_TIMEOUT, "--backup-timeout");
    nothing_is_left(to);
    copy_file(path, bad);
    write_bytes(bad, 40 * 4096 + 100, "damage damage damage damage damage damage", 40);
    write_bytes(bad, 41 * 4096, "damage damage damage damage damage damage", 40);
    refused(bad, to, &plain, ERROR_CORRUPT, "damaged");
    nothing_is_left(to);
    write_bytes(to, 0, "mine", 4);
    refused(path, to, &plain, ERROR_FAILURE, "--force");
    assert_false(is_there(beside(to, ATOMIC_FILE_SUFFIX)));
    refused(to, bad, &(struct backup_options){.db = &db_options, .replace = true}, ERROR_CORRUPT,
            "not a database");
}

static void restores(const char *from, const char *to, const struct backup_options *o)
{
    struct error e = error_none();
    struct backup_made made;

    if (!backup_restore(from, to, o, &made, &e))
        unit_no_error(&e);
    assert_false(is_there(beside(to, "-wal")) || is_there(beside(to, "-shm")));
    assert_int_equal(integer(to, "SELECT count(*) FROM a"), 4000);
    assert_false(is_there(beside(to, ATOMIC_FILE_SUFFIX)));
}

static void a_restore_leaves_no_old_log(void **state)
{
    const char *path = new_path(), *backup = new_path(), *to = new_path();
    const struct backup_options force = {.db = &db_options, .replace = true};
    struct error e = error_none();
    struct backup_made made;
    struct db *db;
    (void)state;

    db_close(unit_open(path, schema));
    assert_true(backup_take(path, backup, &plain, &made, &e));
    restores(backup, to, &plain);
    /* as kill -9 leaves it: the database and a log that has more to say */
    db = unit_open(path, "DELETE FROM b; DELETE FROM a WHERE id > 100");
    copy_file(path, to);
    copy_file(beside(path, "-wal"), beside(to, "-wal"));
    restores(backup, to, &force);
    /* no database, but a log */
    assert_int_equal(unlink(to), 0);
    copy_file(beside(path, "-wal"), beside(to, "-wal"));
    restores(backup, to, &plain);
    /* a database that is none any more */
    write_bytes(to, 0, "this is not a database, it was one, though", 40);
    copy_file(beside(path, "-wal"), beside(to, "-wal"));
    restores(backup, to, &force);
    db_close(db);
}

static void a_restore_has_conditions(void **state)
{
    const char *path = new_path(), *backup = new_path(), *bad = new_path();
    const struct backup_options force = {.db = &db_options, .replace = true};
    struct error e = error_none();
    struct backup_made made;
    struct db *db = unit_open(path, schema);
    int64_t n;
    (void)state;

    assert_true(backup_take(path, backup, &plain, &made, &e));
    assert_true(db_exec(db, "DELETE FROM a WHERE id NOT IN (SELECT a FROM b); DELETE FROM b", &e));
    assert_false(backup_restore(backup, path, &force, &made, &e));
    assert_int_equal(e.code, ERROR_LOCKED);
    error_clear(&e);
    assert_true(db_integer(db, "SELECT count(*) FROM b", &n, &e) && n == 0);
    db_close(db);
    assert_false(backup_restore(backup, path, &plain, &made, &e));
    assert_true(e.code == ERROR_FAILURE && strstr(e.message, "--force"));
    error_clear(&e);
    copy_file(backup, bad);
    write_bytes(bad, 41 * 4096, "damage damage damage damage damage damage", 40);
    assert_false(backup_restore(bad, path, &force, &made, &e));
    assert_int_equal(e.code, ERROR_CORRUPT);
    assert_int_equal(integer(path, "SELECT count(*) FROM b"), 0); /* the old one is as it was */
    error_clear(&e);
    assert_false(backup_restore(path, path, &force, &made, &e));
    restores(backup, path, &force);
}

static void a_folder_keeps_the_newest(void **state)
{
    const char *dir = new_path();
    struct backup_folder folder;
    struct error e = error_none();
    char name[PATH_MAX];
    int fd;
    (void)state;

    assert_int_equal(mkdir(dir, 0755), 0);
    write_bytes(beside(dir, "/my-20260101T000000Z.db.part"), 0, "left", 4);
    write_bytes(beside(dir, "/my-20260102T000000Z.db.part"), 0, "busy", 4);
    fd = open(beside(dir, "/my-20260102T000000Z.db.part"), O_RDWR);
    assert_int_equal(flock(fd, LOCK_EX), 0);
    assert_true(backup_folder_open(&folder, dir, "/data/my.db", &e));
    assert_false(is_there(beside(dir, "/my-20260101T000000Z.db.part")));
    assert_true(is_there(beside(dir, "/my-20260102T000000Z.db.part")));
    close(fd);
    assert_int_equal(backup_folder_newest(&folder), 0);
    for (time_t t = 1764000000; t < 1764000005; t++) {
        backup_folder_name(&folder, t, name);
        write_bytes(name, 0, "x", 1);
    }
    assert_string_equal(name, beside(dir, "/my-20251124T160004Z.db"));
    write_bytes(beside(dir, "/my-20251124T160000Z.db.old"), 0, "x", 1);
    write_bytes(beside(dir, "/my-20251124T16000Z.db"), 0, "x", 1);
    write_bytes(beside(dir, "/their-20251124T160000Z.db"), 0, "x", 1);
    assert_int_equal(backup_folder_newest(&folder), 1764000004);
    assert_true(backup_folder_prune(&folder, 2, &e));
    assert_false(is_there(beside(dir, "/my-20251124T160002Z.db")));
    assert_true(is_there(beside(dir, "/my-20251124T160003Z.db")) && is_there(name));
    assert_true(is_there(beside(dir, "/my-20251124T160000Z.db.old")));
    assert_true(is_there(beside(dir, "/my-20251124T16000Z.db")));
    assert_true(is_there(beside(dir, "/their-20251124T160000Z.db")));
    assert_false(backup_folder_open(&folder, "/nowhere/at/all", "my.db", &e));
    assert_true(strstr(e.message, "--backup-dir") != NULL);
}

static struct backup_scheduler *start_keeper(const char *dir)
{
    struct service *service = fixture_service();
    const struct backup_scheduler_options options = {
        .database = service->store->path,
        .db = &service->store->options,
        .dir = dir,
        .keep = 2,
    };
    struct error e = error_none();

    mkdir(dir, 0755);
    service->backups = backup_scheduler_start(&options, &e);
    unit_no_error(&e);
    return service->backups;
}

static void one_is_made_when_asked_for(void **state)
{
    const char *dir = new_path();
    struct backup_folder folder;
    struct error e = error_none();
    char name[PATH_MAX];
    struct call *call;
    (void)state;

    fixture_up(schema);
    fixture_expect_error(RUN(backup_create, "", .admin = true), ERROR_NO_ROUTE);
    start_keeper(dir);
    for (int i = 0; i < 3; i++) { /* within a second: their names differ all the same */
        call = RUN(backup_create, "", .admin = true);
        fixture_expect(call, OUTCOME_CREATED, NULL);
        buf_add_char(&call->reply, '\0');
        assert_memory_equal(call->reply.data, "{\"file\":\"/tmp/", 14);
        assert_non_null(strstr(call->reply.data, "\"duration_ms\":"));
        assert_non_null(strstr(call->reply.data, "\"foreign_key_violations\":0}"));
    }
    assert_true(backup_folder_open(&folder, dir, fixture_service()->store->path, &e));
    backup_folder_name(&folder, backup_folder_newest(&folder), name);
    assert_int_equal(integer(name, "SELECT count(*) FROM a"), 4000);
    backup_scheduler_stop(fixture_service()->backups);
    fixture_expect_error(RUN(backup_create, "", .admin = true), ERROR_DRAINING);
    backup_scheduler_free(fixture_service()->backups);
    fixture_down();
}

static void one_at_a_time(void **state)
{
    static struct backup_scheduler_made made[2];
    struct completion_queue completions;
    struct error e = error_none();
    struct error errors[2] = {error_none(), error_none()};
    struct job jobs[2] = {{.completions = &completions, .error = &errors[0]},
                          {.completions = &completions, .error = &errors[1]}};
    struct pollfd wait;
    const char *dir = new_path(); /* before the fixture's: its path is good until the next */
    struct backup_scheduler *backups;
    (void)state;

    fixture_up(schema);
    assert_true(completion_queue_init(&completions, &e));
    backups = start_keeper(dir);
    assert_true(backup_scheduler_submit(backups, &jobs[0], &made[0]));
    assert_false(backup_scheduler_submit(backups, &jobs[1], &made[1]));
    assert_int_equal(errors[1].code, ERROR_RUNNING);
    backup_scheduler_stop(backups); /* the one that was taken comes back, made or not */
    wait = (struct pollfd){.fd = completions.wake_fd, .events = POLLIN};
    assert_int_equal(poll(&wait, 1, 10000), 1);
    assert_ptr_equal(completion_queue_take(&completions), &jobs[0].completion);
    assert_true(!error_is_set(&errors[0]) || errors[0].code == ERROR_DRAINING);
    assert_true(error_is_set(&errors[0]) != is_there(made[0].file));
    backup_scheduler_free(backups);
    completion_queue_finish(&completions);
    fixture_down();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_part_takes_its_name_when_whole),
        cmocka_unit_test(a_backup_is_one_instant),
        cmocka_unit_test(a_backup_is_one_checked_file),
        cmocka_unit_test(a_failure_leaves_nothing),
        cmocka_unit_test(a_restore_leaves_no_old_log),
        cmocka_unit_test(a_restore_has_conditions),
        cmocka_unit_test(a_folder_keeps_the_newest),
        cmocka_unit_test(one_is_made_when_asked_for),
        cmocka_unit_test(one_at_a_time),
    };

    db_options = db_options_default();
    log_set_level(LOG_OFF);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
