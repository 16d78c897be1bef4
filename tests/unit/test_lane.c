/*
 * The reader lane's parts without its threads: whose turn it is, which statements are slow, and what a
 * loop gives a read.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit.h"

#include <stdio.h>

#include "http/budget.h"
#include "resource/call.h"
#include "store/run/lane.h"
#include "store/run/lane_queue.h"
#include "store/run/slow_shapes.h"

enum { QUEUE = 8, THREADS = 3, STREAMS = 4 };

static struct lane_queue queue_of(size_t max, size_t threads)
{
    struct error e = error_none();
    struct lane_queue q;

    assert_true(lane_queue_init(&q, max, threads, STREAMS, &e));
    return q;
}

static struct lane_job job_of(uint64_t address)
{
    return (struct lane_job){.address = {address, 7}};
}

static bool put(struct lane_queue *q, struct lane_job *job)
{
    size_t ahead;

    return lane_queue_put(q, job, &ahead);
}

static void addresses_take_turns(void **state)
{
    struct lane_queue q = queue_of(QUEUE, THREADS);
    struct lane_job a[3], b[2], c = job_of(3);
    (void)state;

    for (size_t i = 0; i < 3; i++) {
        a[i] = job_of(1);
        assert_true(put(&q, &a[i]));
    }
    for (size_t i = 0; i < 2; i++) {
        b[i] = job_of(2);
        assert_true(put(&q, &b[i]));
    }
    assert_true(put(&q, &c));
    struct lane_job *expected[] = {&a[0], &b[0], &c, &a[1], &b[1], &a[2]};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        struct lane_job *job = lane_queue_take(&q);

        assert_ptr_equal(job, expected[i]);
        lane_queue_done(job->client);
    }
    assert_null(lane_queue_take(&q));
    assert_int_equal(q.length, 0);
    lane_queue_finish(&q);
}

static void one_thread_is_for_others(void **state)
{
    struct lane_queue q = queue_of(QUEUE, THREADS);
    struct lane_job mine[4], other = job_of(2);
    (void)state;

    for (size_t i = 0; i < 4; i++) {
        mine[i] = job_of(1);
        assert_true(put(&q, &mine[i]));
    }
    assert_ptr_equal(lane_queue_take(&q), &mine[0]);
    assert_ptr_equal(lane_queue_take(&q), &mine[1]);
    assert_null(lane_queue_take(&q));
    assert_true(put(&q, &other));
    assert_ptr_equal(lane_queue_take(&q), &other);
    assert_null(lane_queue_take(&q));
    lane_queue_done(mine[0].client);
    assert_ptr_equal(lane_queue_take(&q), &mine[2]);
    assert_null(lane_queue_take(&q));
    lane_queue_finish(&q);
}

static void one_thread_alone_serves_all(void **state)
{
    struct lane_queue q = queue_of(1, 1);
    struct lane_job a = job_of(1), b = job_of(1);
    (void)state;

    assert_true(put(&q, &a));
    assert_false(put(&q, &b));
    assert_ptr_equal(lane_queue_take(&q), &a);
    assert_true(put(&q, &b));
    assert_null(lane_queue_take(&q));
    lane_queue_done(a.client);
    assert_ptr_equal(lane_queue_take(&q), &b);
    lane_queue_finish(&q);
}

static void half_of_the_queue_is_for_others(void **state)
{
    struct lane_queue q = queue_of(QUEUE, THREADS);
    struct lane_job mine[QUEUE], others[QUEUE];
    size_t ahead;
    (void)state;

    for (size_t i = 0; i < QUEUE; i++) {
        mine[i] = job_of(1);
        assert_int_equal(lane_queue_put(&q, &mine[i], &ahead), i < QUEUE / 2);
    }
    assert_int_equal(ahead, QUEUE / 2);
    for (size_t i = 0; i < QUEUE; i++) {
        others[i] = job_of(10 + i);
        assert_int_equal(put(&q, &others[i]), i < QUEUE / 2);
    }
    assert_int_equal(q.length, QUEUE);
    lane_queue_finish(&q);
}

static void what_waits_can_be_taken_out(void **state)
{
    struct lane_queue q = queue_of(QUEUE, THREADS);
    struct lane_job a[3], b = job_of(2);
    (void)state;

    for (size_t i = 0; i < 3; i++) {
        a[i] = job_of(1);
        assert_true(put(&q, &a[i]));
    }
    assert_true(put(&q, &b));
    assert_true(lane_queue_remove(&q, &a[2])); /* the last, */
    assert_false(lane_queue_remove(&q, &a[2]));
    assert_true(lane_queue_remove(&q, &a[0])); /* the first, */
    assert_ptr_equal(lane_queue_take(&q), &a[1]);
    assert_false(lane_queue_remove(&q, &a[1])); /* one that runs, */
    assert_true(lane_queue_remove(&q, &b));     /* and the only one of its address */
    assert_null(lane_queue_take(&q));
    assert_true(put(&q, &a[0]));
    assert_ptr_equal(lane_queue_take(&q), &a[0]);
    assert_int_equal(q.length, 0);
    lane_queue_finish(&q);
}

static void shapes_are_remembered_and_forgiven(void **state)
{
    struct slow_shapes s = {.n = 0};
    struct slice slow = slice_from("SELECT 1"), other = slice_from("SELECT 2");
    uint64_t hash = slow_shapes_hash(slow);
    (void)state;

    assert_false(slow_shapes_has(&s, slow));
    slow_shapes_note(&s, hash, false);
    assert_int_equal(s.n, 0);
    slow_shapes_note(&s, hash, true);
    assert_true(slow_shapes_has(&s, slow));
    assert_false(slow_shapes_has(&s, other));
    for (int round = 0; round < 2; round++) {
        for (int i = 1; i < SLOW_SHAPES_FORGIVEN; i++)
            slow_shapes_note(&s, hash, false);
        assert_true(slow_shapes_has(&s, slow));
        if (round == 0)
            slow_shapes_note(&s, hash, true); /* not in a row */
    }
    slow_shapes_note(&s, hash, false);
    assert_false(slow_shapes_has(&s, slow));
    assert_int_equal(s.n, 0);
}

static void shapes_have_room_for_the_newest(void **state)
{
    struct slow_shapes s = {.n = 0};
    char sql[64];
    (void)state;

    for (int i = 0; i < 5000; i++) {
        snprintf(sql, sizeof sql, "SELECT %d", i);
        slow_shapes_note(&s, slow_shapes_hash(slice_from(sql)), true);
        assert_true(slow_shapes_has(&s, slice_from(sql)));
    }
    assert_int_equal(s.n, SLOW_SHAPES_SETS * SLOW_SHAPES_WAYS);
}

static void waste_halves_the_budget(void **state)
{
    struct budget b;
    int64_t now = 1000000;
    (void)state;

    budget_init(&b, 5000, false);
    budget_tick(&b, now);
    assert_int_equal(budget_give(&b, now), now + 5000);
    budget_spend(&b, 5000);
    assert_int_equal(budget_give(&b, now), now + 5000);
    budget_spend(&b, 5000);
    assert_int_equal(budget_give(&b, now), now + 2500);
    for (int i = 0; i < 100; i++)
        budget_spend(&b, 10000);
    assert_int_equal(budget_give(&b, now), now + 5000 / 32);
    for (int i = 0; i < 10; i++)
        budget_tick(&b, now += 100000);
    assert_int_equal(budget_give(&b, now), now + 5000);
}

static void no_budget_and_none_at_all(void **state)
{
    struct budget b;
    (void)state;

    budget_init(&b, 0, true);
    assert_int_equal(budget_give(&b, 1000), 0);
    budget_init(&b, 5000, true);
    budget_spend(&b, 1000000);
    budget_tick(&b, 1000000);
    assert_int_equal(budget_give(&b, 1000), CALL_MOVES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_take_turns),
        cmocka_unit_test(one_thread_is_for_others),
        cmocka_unit_test(one_thread_alone_serves_all),
        cmocka_unit_test(half_of_the_queue_is_for_others),
        cmocka_unit_test(what_waits_can_be_taken_out),
        cmocka_unit_test(shapes_are_remembered_and_forgiven),
        cmocka_unit_test(shapes_have_room_for_the_newest),
        cmocka_unit_test(waste_halves_the_budget),
        cmocka_unit_test(no_budget_and_none_at_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
