/*
 * Who waits for whom at the writer: its classes, their turns, shares of time, and jobs that are taken back.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit.h"

#include <poll.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "store/run/batch.h"
#include "store/run/job_queue.h"
#include "store/run/writer.h"
#include "store/store.h"

#define SECOND ((int64_t)1000000)

/* ---- the queue, on a clock of the test's own */

struct named {
    struct job job;
    struct error error;
};

static struct job_queue queue;
static struct named jobs[16];

static void queue_up(size_t max, size_t slow_max)
{
    assert_true(job_queue_init(&queue, max, slow_max, 100));
    for (size_t i = 0; i < 16; i++) {
        jobs[i] = (struct named){.error = error_none()};
        jobs[i].job.error = &jobs[i].error;
    }
}

static struct job *put(size_t i)
{
    struct job *displaced;

    assert_int_equal(job_queue_put(&queue, &jobs[i].job, &displaced), QUEUED);
    return displaced;
}

static struct job *put_slow(size_t i, uint64_t address)
{
    jobs[i].job.address = address;
    return job_queue_put_slow(&queue, &jobs[i].job, SLOW_JOB_US, clock_us());
}

static void expect_slow(size_t i)
{
    assert_int_equal(job_queue_wait(&queue, 0), WORK_SLOW);
    assert_ptr_equal(job_queue_take_slow(&queue, clock_us(), 0), &jobs[i].job);
}

/* A slow one that took no time: the turn of the others holds those alone that wait. */
static void end_slow(size_t i)
{
    job_queue_note_slow(&queue, &jobs[i].job, 0, clock_us());
}

static void expect_fast(size_t i)
{
    assert_int_equal(job_queue_wait(&queue, 0), WORK_FAST);
    assert_ptr_equal(job_queue_take(&queue, clock_us(), 0), &jobs[i].job);
}

static void each_address_has_its_turn(void **state)
{
    (void)state;
    queue_up(100, 10);
    for (size_t i = 0; i < 4; i++)
        assert_null(put_slow(i, 1));
    assert_null(put_slow(4, 2));
    assert_null(put_slow(5, 3));
    assert_null(put_slow(6, 2));
    usleep(SLOW_JOB_US); /* the turn of fast ones, of which there are none, is over */
    static const size_t order[] = {0, 4, 5, 1, 6, 2, 3};
    for (size_t i = 0; i < 7; i++) {
        expect_slow(order[i]);
        end_slow(order[i]);
    }
    job_queue_finish(&queue);
}

/* After a slow job those that wait, and of those that come meanwhile none before the next slow one. */
static void fast_ones_have_a_turn_and_slow_ones_theirs(void **state)
{
    (void)state;
    queue_up(100, 10);
    (void)put_slow(0, 1);
    (void)put_slow(1, 1);
    usleep(SLOW_JOB_US);
    expect_slow(0);
    (void)put(2);
    (void)put(3);
    end_slow(0);
    expect_fast(2);
    (void)put(4);
    expect_fast(3);
    expect_slow(1);
    end_slow(1);
    expect_fast(4);
    job_queue_finish(&queue);
}

/* A slow job's time is the others', as long as they come one after another. */
static void fast_ones_have_as_much_time(void **state)
{
    (void)state;
    queue_up(100, 10);
    (void)put_slow(0, 1);
    (void)put_slow(1, 1);
    usleep(SLOW_JOB_US);
    expect_slow(0);
    (void)put(2);
    job_queue_note_slow(&queue, &jobs[0].job, 3600 * SECOND, clock_us());
    for (size_t i = 2; i < 10; i++) {
        expect_fast(i);
        (void)put(i + 1);
    }
    expect_fast(10);
    expect_slow(1); /* none came for a while */
    job_queue_finish(&queue);
}

static void the_greediest_makes_room(void **state)
{
    (void)state;
    queue_up(100, 3);
    for (size_t i = 0; i < 3; i++)
        assert_null(put_slow(i, 1));
    assert_ptr_equal(put_slow(3, 1), &jobs[3].job); /* one more of it is refused */
    assert_ptr_equal(put_slow(4, 2), &jobs[2].job); /* another address has the youngest's place */
    assert_ptr_equal(put_slow(5, 3), &jobs[1].job);
    assert_ptr_equal(put_slow(6, 4),
                     &jobs[6].job); /* all have one: who comes last waits elsewhere */
    assert_int_equal(queue.slow.length, 3);
    job_queue_finish(&queue);
}

static void a_shape_is_known_and_forgiven(void **state)
{
    (void)state;
    queue_up(100, 10);
    for (size_t i = 0; i < 16; i++)
        jobs[i].job.shape = slice_from(i == 15 ? "DELETE" : "UPDATE");
    (void)put(0);
    assert_false(jobs[0].job.suspected);
    expect_fast(0);
    (void)put_slow(0, 7);
    (void)put(1);
    (void)put(15);
    assert_true(jobs[1].job.suspected);
    assert_false(jobs[15].job.suspected);
    for (size_t i = 2; i < 9; i++)
        (void)put_slow(i, 7);
    jobs[9].job.address = 7;
    jobs[10].job.address = 8;
    (void)put(9); /* its address has a crowd there already */
    (void)put(10);
    assert_int_equal(jobs[9].job.place, PLACE_SLOW);
    assert_int_equal(jobs[10].job.place, PLACE_FAST);
    job_queue_note_slow(&queue, &jobs[0].job, SLOW_JOB_US / 2 - 1, clock_us());
    (void)put(11);
    assert_false(jobs[11].job.suspected);
    job_queue_finish(&queue);
}

static void what_waits_can_be_withdrawn(void **state)
{
    bool slow;
    (void)state;

    queue_up(100, 10);
    for (size_t i = 0; i < 4; i++)
        (void)put(i);
    assert_true(job_queue_withdraw(&queue, &jobs[1].job, &slow));
    assert_false(slow);
    assert_false(job_queue_withdraw(&queue, &jobs[1].job, &slow));
    expect_fast(0);
    assert_false(job_queue_withdraw(&queue, &jobs[0].job, &slow)); /* it runs */
    assert_true(job_queue_withdraw(&queue, &jobs[3].job, &slow));  /* it stands in the same batch */
    assert_ptr_equal(job_queue_take(&queue, clock_us(), 0), &jobs[2].job);
    assert_null(job_queue_take(&queue, clock_us(), 0));
    (void)put_slow(4, 1);
    (void)put_slow(5, 1);
    assert_true(job_queue_withdraw(&queue, &jobs[4].job, &slow));
    assert_true(slow);
    usleep(SLOW_JOB_US);
    expect_slow(5);
    assert_int_equal(job_queue_length(&queue, &(size_t){0}), 0);
    job_queue_finish(&queue);
}

static void a_batch_is_of_those_that_waited(void **state)
{
    (void)state;
    queue_up(100, 10);
    (void)put(0);
    (void)put(1);
    expect_fast(0);
    (void)put(2);
    assert_ptr_equal(job_queue_take(&queue, clock_us(), 0), &jobs[1].job);
    assert_null(job_queue_take(&queue, clock_us(), 0));
    expect_fast(2);
    job_queue_finish(&queue);
}

static void an_estimate_grows_with_what_waits(void **state)
{
    int64_t one, many;
    (void)state;

    queue_up(100, 10);
    job_queue_note_fast(&queue, 10, SECOND);
    (void)put(0);
    one = job_queue_estimate(&queue, false);
    (void)put(1);
    many = job_queue_estimate(&queue, false);
    assert_true(many > one);
    (void)job_queue_wait(&queue, 0);
    (void)job_queue_take(&queue, clock_us(), 60 * SECOND); /* what runs may run for a minute */
    assert_true(job_queue_estimate(&queue, false) > 50 * SECOND);
    job_queue_finish(&queue);
}

/* ---- the thread */

static const char endless[] =
    "INSERT INTO t WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 "
    "FROM c) SELECT -n FROM c WHERE n < 0";
static const char longish[] =
    "INSERT INTO t WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < "
    "1000000) SELECT -count(*) FROM c";

struct insert {
    struct job job;
    struct error error;
    const char *sql;
    int runs;
};

struct fixture {
    struct store store;
    struct writer *writer;
    struct completion_queue completions;
    struct db *db;
    _Atomic bool stopping;
    struct insert inserts[8];
};

static bool run_insert(struct job *job, struct db *db)
{
    struct insert *insert = (struct insert *)job;

    insert->runs++;
    return db_exec(db, insert->sql, job->error);
}

static void start(struct fixture *f, int64_t share_us)
{
    const struct writer_options options = {.queue_max = 100,
                                           .slow_max = 10,
                                           .batch_max = 100,
                                           .share_us = share_us,
                                           .checkpoint_pages = 1000};
    const char *path = unit_database();
    struct db_options db_options = db_options_default();
    struct error e = error_none();

    *f = (struct fixture){.db = unit_open(path, "CREATE TABLE t (v INTEGER PRIMARY KEY)")};
    db_options.stopping = &f->stopping;
    assert_true(completion_queue_init(&f->completions, &e));
    assert_true(store_open(&f->store, path, &db_options, NULL, &e));
    f->writer = writer_start(&f->store, &options, &e);
    unit_no_error(&e);
}

static void submit(struct fixture *f, size_t i, const char *sql, bool single)
{
    struct insert *insert = &f->inserts[i];

    *insert = (struct insert){.sql = sql};
    insert->job = (struct job){.run = run_insert,
                               .completions = &f->completions,
                               .single = single,
                               .error = &insert->error};
    assert_true(writer_submit(f->writer, &insert->job));
}

static void wait_for(struct fixture *f, int n)
{
    while (n > 0) {
        struct pollfd p = {.fd = f->completions.wake_fd, .events = POLLIN};

        assert_int_equal(poll(&p, 1, 60000), 1);
        for (struct completion *l = completion_queue_take(&f->completions); l; l = l->next)
            n--;
    }
}

static void stop(struct fixture *f, int64_t rows)
{
    struct error e = error_none();
    int64_t n = -1;

    writer_stop(f->writer);
    store_close(&f->store);
    completion_queue_finish(&f->completions);
    assert_true(db_integer(f->db, "SELECT count(*) FROM t", &n, &e));
    assert_int_equal(n, rows);
    db_close(f->db);
}

/* It is undone alone, and told with the flag's name; those around it are kept. */
static void a_job_has_a_share_of_time(void **state)
{
    (void)state;
    for (int single = 0; single < 2; single++) {
        struct writer_stats stats;
        struct fixture f;

        start(&f, SECOND / 5);
        submit(&f, 0, "INSERT INTO t VALUES (1)", single);
        submit(&f, 1, endless, single);
        submit(&f, 2, "INSERT INTO t VALUES (2)", single);
        wait_for(&f, 3);
        unit_no_error(&f.inserts[0].error);
        assert_int_equal(f.inserts[1].error.code, ERROR_TIMEOUT);
        assert_non_null(strstr(f.inserts[1].error.message, "--write-timeout allows (200 ms)"));
        assert_int_equal(f.inserts[1].runs, 2);
        unit_no_error(&f.inserts[2].error);
        writer_stats(f.writer, &stats);
        assert_int_equal(stats.undone, 1);
        assert_int_equal(stats.overdue, 1);
        stop(&f, 2);
    }
}

/* A share under the first one is all there is. */
static void a_small_share_is_not_tried_twice(void **state)
{
    struct fixture f;
    (void)state;

    start(&f, SECOND / 100);
    submit(&f, 0, endless, true);
    wait_for(&f, 1);
    assert_int_equal(f.inserts[0].error.code, ERROR_TIMEOUT);
    assert_int_equal(f.inserts[0].runs, 1);
    stop(&f, 0);
}

/* One that takes longer than its first share runs again, and is kept. */
static void a_slow_job_succeeds(void **state)
{
    struct fixture f;
    (void)state;

    start(&f, 60 * SECOND);
    submit(&f, 0, longish, false);
    submit(&f, 1, "INSERT INTO t VALUES (1)", false);
    wait_for(&f, 2);
    unit_no_error(&f.inserts[0].error);
    unit_no_error(&f.inserts[1].error);
    assert_in_range(f.inserts[0].runs, 1, 2);
    stop(&f, 2);
}

static void a_request_s_deadline_ends_it_too(void **state)
{
    struct fixture f;
    (void)state;

    start(&f, 0);
    f.inserts[0] = (struct insert){.sql = endless};
    f.inserts[0].job = (struct job){.run = run_insert,
                                    .completions = &f.completions,
                                    .deadline_us = clock_us() + SECOND / 2,
                                    .error = &f.inserts[0].error};
    assert_true(writer_submit(f.writer, &f.inserts[0].job));
    wait_for(&f, 1);
    assert_int_equal(f.inserts[0].error.code, ERROR_TIMEOUT);
    assert_string_equal(f.inserts[0].error.details, "Nothing of it was done.");
    stop(&f, 0);
}

/* What stands behind a job that runs is taken back; what runs is not. */
static void behind_a_slow_job_is_withdrawn(void **state)
{
    struct fixture f;
    int64_t us;
    (void)state;

    start(&f, 2 * SECOND);
    submit(&f, 0, endless, true);
    while (writer_slow(f.writer, &us) != WRITER_JOB)
        usleep(10000);
    submit(&f, 1, "INSERT INTO t VALUES (1)", true);
    submit(&f, 2, "INSERT INTO t VALUES (2)", true);
    assert_false(writer_withdraw(f.writer, &f.inserts[0].job));
    assert_true(writer_withdraw(f.writer, &f.inserts[1].job));
    assert_int_equal(f.inserts[1].error.code, ERROR_BUSY);
    assert_true(f.inserts[1].error.retry_after > 0);
    wait_for(&f, 2);
    assert_int_equal(f.inserts[1].runs, 0);
    unit_no_error(&f.inserts[2].error);
    assert_false(writer_withdraw(f.writer, &f.inserts[2].job));
    stop(&f, 1);
}

/* What runs is ended, what waits is handed back undone. */
static void stopping_ends_all(void **state)
{
    struct fixture f;
    int64_t us;
    (void)state;

    start(&f, 0);
    submit(&f, 0, endless, true);
    while (writer_slow(f.writer, &us) != WRITER_JOB)
        usleep(10000);
    submit(&f, 1, "INSERT INTO t VALUES (1)", true);
    atomic_store(&f.stopping, true);
    wait_for(&f, 2);
    assert_int_equal(f.inserts[0].error.code, ERROR_DRAINING);
    assert_int_equal(f.inserts[1].error.code, ERROR_DRAINING);
    assert_int_equal(f.inserts[1].runs, 0);
    atomic_store(&f.stopping, false); /* for the other connections of the test */
    stop(&f, 0);
}

/* A wait for another process's lock ends with the request of the oldest that waits. */
static void a_lock_is_waited_for_until_the_deadline(void **state)
{
    struct error e = error_none();
    struct fixture f;
    (void)state;

    start(&f, 0);
    assert_true(db_begin_immediate(f.db, &e));
    f.inserts[0] = (struct insert){.sql = "INSERT INTO t VALUES (1)"};
    f.inserts[0].job = (struct job){.run = run_insert,
                                    .completions = &f.completions,
                                    .deadline_us = clock_us() + SECOND / 5,
                                    .error = &f.inserts[0].error};
    assert_true(writer_submit(f.writer, &f.inserts[0].job));
    wait_for(&f, 1);
    assert_int_equal(f.inserts[0].error.code, ERROR_LOCKED);
    assert_int_equal(f.inserts[0].runs, 0);
    submit(&f, 1, "INSERT INTO t VALUES (2)", true);
    submit(&f, 2, "INSERT INTO t VALUES (3)", true);
    assert_true(writer_withdraw(f.writer, &f.inserts[1].job));
    db_rollback(f.db);
    wait_for(&f, 1);
    unit_no_error(&f.inserts[2].error);
    stop(&f, 1);
}

/* ---- COMMIT: what is committed is never told as interrupted */

static void a_commit_is_not_interrupted(void **state)
{
    _Atomic bool stopping = false;
    struct db_options options = db_options_default();
    struct error e = error_none();
    const char *path = unit_database();
    struct db *db;
    (void)state;

    db_close(unit_open(path, "CREATE TABLE t (v)"));
    options.stopping = &stopping;
    options.synchronous = DB_SYNCHRONOUS_NORMAL;
    db = db_open(path, DB_CHECK, &options, &e);
    unit_no_error(&e);
    for (int i = 0; i < 3000; i++) { /* SQLite looks once in 2000 instructions of a statement */
        assert_true(db_begin_immediate(db, &e));
        assert_true(db_run(db, slice_from("INSERT INTO t VALUES (1)"), &e));
        atomic_store(&stopping, true);
        assert_true(db_commit(db, &e));
        atomic_store(&stopping, false);
    }
    db_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_address_has_its_turn),
        cmocka_unit_test(fast_ones_have_a_turn_and_slow_ones_theirs),
        cmocka_unit_test(fast_ones_have_as_much_time),
        cmocka_unit_test(the_greediest_makes_room),
        cmocka_unit_test(a_shape_is_known_and_forgiven),
        cmocka_unit_test(what_waits_can_be_withdrawn),
        cmocka_unit_test(a_batch_is_of_those_that_waited),
        cmocka_unit_test(an_estimate_grows_with_what_waits),
        cmocka_unit_test(a_job_has_a_share_of_time),
        cmocka_unit_test(a_small_share_is_not_tried_twice),
        cmocka_unit_test(a_slow_job_succeeds),
        cmocka_unit_test(a_request_s_deadline_ends_it_too),
        cmocka_unit_test(behind_a_slow_job_is_withdrawn),
        cmocka_unit_test(stopping_ends_all),
        cmocka_unit_test(a_lock_is_waited_for_until_the_deadline),
        cmocka_unit_test(a_commit_is_not_interrupted),
    };

    log_set_level(LOG_OFF);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
