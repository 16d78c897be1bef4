/*
 * A batch whose jobs fail in ways that a statement alone does not: without a reason, and where what
 * they did cannot be taken back.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit.h"

#include <sqlite3.h>

#include "base/log.h"
#include "store/run/batch.h"
#include "store/run/job_queue.h"
#include "store/run/writer.h"
#include "store/store.h"

/* How many of the next statements that roll back are refused, savepoints' and whole ones. */
static int refuse_savepoints, refuse_whole;

static int authorize(void *context, int action, const char *operation, const char *b,
                     const char *schema, const char *trigger)
{
    int *left = action == SQLITE_SAVEPOINT     ? &refuse_savepoints
                : action == SQLITE_TRANSACTION ? &refuse_whole
                                               : NULL;
    (void)context, (void)b, (void)schema, (void)trigger;

    if (!left || *left == 0 || strcmp(operation, "ROLLBACK") != 0)
        return SQLITE_OK;
    (*left)--;
    return SQLITE_DENY;
}

enum ending { ENDING_WELL, ENDING_FAILED, ENDING_SILENT };

struct insert {
    struct job job;
    const char *sql;
    enum ending ending;
    int runs;
    struct error error;
};

static bool run_insert(struct job *job, struct db *db)
{
    struct insert *insert = (struct insert *)job;

    insert->runs++;
    if (!db_exec(db, insert->sql, job->error))
        return false;
    if (insert->ending == ENDING_FAILED)
        return error_set(job->error, ERROR_CHECK, "found after the statement");
    return insert->ending == ENDING_WELL;
}

struct fixture {
    struct db *db;
    struct store store;
    struct job_queue queue;
    struct batch batch;
    struct insert jobs[3];
};

static void begin(struct fixture *f, enum ending middle, bool single)
{
    static const char *const sql[] = {"INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (2)",
                                      "INSERT INTO t VALUES (3)"};
    const struct db_options options = db_options_default();
    const char *path = unit_database();
    struct error e = error_none();

    *f = (struct fixture){.db = unit_open(path, "CREATE TABLE t (v)")};
    assert_true(store_open(&f->store, path, &options, NULL, &e));
    assert_true(job_queue_init(&f->queue, 10, 10, 10));
    f->batch = (struct batch){.store = &f->store, .db = f->db, .queue = &f->queue};
    for (int i = 0; i < 3; i++) {
        f->jobs[i] = (struct insert){.sql = sql[i], .error = error_none()};
        f->jobs[i].job =
            (struct job){.run = run_insert, .single = single, .error = &f->jobs[i].error};
    }
    f->jobs[1].ending = middle;
    refuse_savepoints = refuse_whole = 0;
    sqlite3_set_authorizer(db_handle(f->db), authorize, NULL);
}

/* What a COMMIT took, -1: there was none. */
static int64_t run(struct fixture *f)
{
    struct job *displaced;

    for (int i = 0; i < 3; i++)
        assert_int_equal(job_queue_put(&f->queue, &f->jobs[i].job, &displaced), QUEUED);
    assert_int_equal(job_queue_wait(&f->queue, 0), WORK_FAST);
    batch_run_fast(&f->batch);
    return f->batch.commit_us;
}

static void expect_rows(struct fixture *f, int64_t expected)
{
    struct error e = error_none();
    int64_t rows = -1;

    assert_true(db_integer(f->db, "SELECT coalesce(group_concat(v, ''), 0) FROM t", &rows, &e));
    assert_int_equal(rows, expected);
    assert_false(db_in_transaction(f->db));
}

static void end(struct fixture *f)
{
    job_queue_finish(&f->queue);
    store_close(&f->store);
    db_close(f->db);
}

static void no_reason_is_no_success(void **state)
{
    (void)state;
    for (int single = 0; single < 2; single++) {
        struct fixture f;

        begin(&f, ENDING_SILENT, single);
        assert_true(run(&f) >= 0);
        assert_int_equal(f.jobs[1].error.code, ERROR_INTERNAL);
        unit_no_error(&f.jobs[0].error);
        unit_no_error(&f.jobs[2].error);
        expect_rows(&f, 13);
        end(&f);
    }
}

/* A savepoint that cannot be rolled back takes the batch with it, and the others run again. */
static void others_run_again(void **state)
{
    struct fixture f;
    (void)state;

    begin(&f, ENDING_FAILED, false);
    refuse_savepoints = 1;
    assert_true(run(&f) >= 0);
    assert_int_equal(refuse_savepoints, 0);
    assert_int_equal(f.jobs[1].error.code, ERROR_CHECK);
    assert_int_equal(f.jobs[0].runs, 2);
    expect_rows(&f, 13);
    end(&f);
}

/* A discarded job has no error of its own: one that cannot be undone fails. */
static void discarded_jobs_fail_if_they_stay(void **state)
{
    struct fixture f;
    (void)state;

    begin(&f, ENDING_WELL, false);
    f.jobs[1].job.discard = true;
    refuse_savepoints = 1;
    assert_true(run(&f) >= 0);
    assert_true(error_is_set(&f.jobs[1].error));
    assert_int_equal(f.jobs[1].runs, 1);
    expect_rows(&f, 13);
    end(&f);
}

/* Where nothing can be rolled back all fail that were begun, nothing is committed, and the next batch
 * begins anew. */
static void a_stuck_transaction_ends_with_the_next(void **state)
{
    (void)state;
    for (int single = 0; single < 2; single++) {
        struct fixture f;
        bool slow;

        begin(&f, ENDING_FAILED, single);
        refuse_savepoints = 1000;
        refuse_whole = 1000;
        assert_int_equal(run(&f), -1);
        assert_int_equal(f.jobs[0].error.code, ERROR_MEMORY);
        assert_int_equal(f.jobs[1].error.code, ERROR_CHECK);
        assert_true(job_queue_withdraw(&f.queue, &f.jobs[2].job, &slow));
        refuse_savepoints = refuse_whole = 0;
        for (int i = 0; i < 3; i++)
            error_clear(&f.jobs[i].error);
        f.jobs[1].ending = ENDING_WELL;
        assert_true(run(&f) >= 0);
        expect_rows(&f, 123);
        end(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_reason_is_no_success),
        cmocka_unit_test(others_run_again),
        cmocka_unit_test(discarded_jobs_fail_if_they_stay),
        cmocka_unit_test(a_stuck_transaction_ends_with_the_next),
    };

    log_set_level(LOG_OFF);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
