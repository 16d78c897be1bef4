/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <unistd.h>

#include "access/account/password_worker.h"
#include "store/run/writer.h"

/* As many as a test submits. */
#define JOBS 6

struct crowd {
    struct completion_queue completions;
    struct error errors[JOBS];
    struct job jobs[JOBS];
    struct password_work work[JOBS];
    _Atomic bool cut_off;
    struct password_worker *worker;
};

static void begin(struct crowd *c, size_t queue)
{
    struct error e = error_none();

    memset(c, 0, sizeof *c);
    assert_true(completion_queue_init(&c->completions, &e));
    for (size_t i = 0; i < JOBS; i++) {
        c->errors[i] = error_none();
        c->jobs[i].completions = &c->completions;
        c->jobs[i].error = &c->errors[i];
        c->work[i].password = slice_from("correct horse");
    }
    c->worker = password_worker_start(queue, &c->cut_off, &e);
    assert_non_null(c->worker);
}

static bool submit(struct crowd *c, size_t i, uint64_t address)
{
    c->jobs[i].address = address;
    return password_worker_submit(c->worker, &c->jobs[i], &c->work[i]);
}

/* How many are back, when the thread has ended. */
static size_t end(struct crowd *c)
{
    size_t n = 0;

    password_worker_stop(c->worker);
    for (struct completion *at = completion_queue_take(&c->completions); at; at = at->next)
        n++;
    completion_queue_finish(&c->completions);
    return n;
}

/* A hash takes tens of milliseconds; to hand it in, microseconds. */
static void so_many_may_wait(void **state)
{
    struct crowd c;
    size_t taken = 0;
    (void)state;

    begin(&c, 2); /* and the one at hand */
    for (size_t i = 0; i < JOBS; i++)
        taken += submit(&c, i, 0);
    assert_true(taken >= 3 && taken < JOBS);
    assert_int_equal(c.errors[JOBS - 1].code, ERROR_TOO_MANY);
    assert_string_equal(c.errors[JOBS - 1].hint, "Send the request again in a moment.");
    assert_true(password_worker_waiting(c.worker) <= 3);
    assert_int_equal(end(&c), taken);
    for (size_t i = 0; i < taken; i++)
        assert_true(!error_is_set(&c.errors[i]) && c.work[i].phc[0] == '$');
}

static void half_of_them_of_one_address(void **state)
{
    struct crowd c;
    size_t taken = 0;
    (void)state;

    begin(&c, 3);
    for (size_t i = 0; i < 4; i++)
        taken += submit(&c, i, 7);
    assert_true(taken >= 2 && taken < 4);
    assert_int_equal(c.errors[3].code, ERROR_TOO_MANY);
    assert_true(submit(&c, 4, 8)); /* there is room for others */
    assert_int_equal(end(&c), taken + 1);
}

/* The process ends: the hash at hand is made, what waits is told, and the thread is gone. */
static void what_waits_is_cut_off(void **state)
{
    struct crowd c;
    size_t told = 0;
    (void)state;

    begin(&c, JOBS);
    for (size_t i = 0; i < JOBS; i++)
        assert_true(submit(&c, i, 0));
    usleep(2000); /* for the first to be at hand */
    atomic_store(&c.cut_off, true);
    assert_int_equal(end(&c), JOBS);
    for (size_t i = 0; i < JOBS; i++)
        told += c.errors[i].code == ERROR_DRAINING;
    assert_true(told >= JOBS - 2);
    assert_int_equal(c.errors[JOBS - 1].code, ERROR_DRAINING);
    assert_int_equal(c.work[JOBS - 1].phc[0], 0);
}

static void without_that_all_is_done(void **state)
{
    struct crowd c;
    (void)state;

    begin(&c, JOBS);
    assert_true(submit(&c, 0, 0));
    c.work[1].compares = true;
    strcpy(c.work[1].phc, password_nobody);
    assert_true(submit(&c, 1, 0));
    assert_int_equal(end(&c), 2);
    assert_false(error_is_set(&c.errors[0]) || error_is_set(&c.errors[1]));
    assert_false(c.work[1].matches);
    password_worker_stop(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(so_many_may_wait),
        cmocka_unit_test(half_of_them_of_one_address),
        cmocka_unit_test(what_waits_is_cut_off),
        cmocka_unit_test(without_that_all_is_done),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
