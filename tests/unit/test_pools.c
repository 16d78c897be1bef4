/*
 * The pools of third_party/libmicrohttpd: each its own, the ends of two in one page.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

#include "../../third_party/libmicrohttpd/pools.h"

enum { SIZE = 32768, MANY = 3 * POOLS_IN_BLOCK + 5, THREADS = 4, TURNS = 300, HELD = 40 };

static void fill(unsigned char *pool, size_t size, unsigned mark)
{
    assert_non_null(pool);
    assert_int_equal((uintptr_t)pool % 16, 0);
    memset(pool, (int)(mark & 0xff), size);
    memcpy(pool, &mark, sizeof mark);
}

static bool is_filled(const unsigned char *pool, size_t size, unsigned mark)
{
    for (size_t i = sizeof mark; i < size; i++) {
        if (pool[i] != (mark & 0xff))
            return false;
    }
    return memcmp(pool, &mark, sizeof mark) == 0;
}

static void each_is_its_own(void **state)
{
    unsigned char *pools[MANY];
    (void)state;

    for (int round = 0; round < 2; round++) {
        for (unsigned i = 0; i < MANY; i++)
            fill(pools[i] = pools_take(SIZE), SIZE, i);
        for (unsigned i = 0; i < MANY; i += 3) {
            pools_give(pools[i], SIZE);
            fill(pools[i] = pools_take(SIZE), SIZE, i);
        }
        for (unsigned i = 0; i < MANY; i++)
            assert_true(is_filled(pools[i], SIZE, i));
        for (unsigned i = 0; i < MANY; i++)
            pools_give(pools[i], SIZE);
    }
}

static void sizes_have_blocks_of_their_own(void **state)
{
    const size_t sizes[] = {1000, 4096, 4097, SIZE, 70000};
    unsigned char *pools[2][5];
    (void)state;

    for (unsigned i = 0; i < 10; i++)
        fill(pools[i / 5][i % 5] = pools_take(sizes[i % 5]), sizes[i % 5], i);
    for (unsigned i = 0; i < 10; i++)
        assert_true(is_filled(pools[i / 5][i % 5], sizes[i % 5], i));
    for (unsigned i = 0; i < 10; i++)
        pools_give(pools[i / 5][i % 5], sizes[i % 5]);
    assert_null(pools_take(SIZE_MAX / 128));
}

static void two_ends_are_in_one_page(void **state)
{
    unsigned char *first = pools_take(SIZE), *second = pools_take(SIZE);
    (void)state;

    assert_ptr_equal(first + SIZE, second);
    assert_int_equal((uintptr_t)second % POOLS_PAGE, POOLS_SHIFT);
    pools_give(second, SIZE);
    pools_give(first, SIZE);
}

static bool is_mapped(void *at)
{
    unsigned char resident;
    void *page = (void *)((uintptr_t)at / POOLS_PAGE * POOLS_PAGE);

    return mincore(page, POOLS_PAGE, &resident) == 0 || errno != ENOMEM;
}

static void an_empty_block_goes_back(void **state)
{
    unsigned char *pools[MANY];
    int gone = 0;
    (void)state;

    for (unsigned i = 0; i < MANY; i++)
        pools[i] = pools_take(SIZE);
    for (unsigned i = 0; i < MANY; i++)
        pools_give(pools[i], SIZE);
    for (unsigned i = 0; i < MANY; i++)
        gone += !is_mapped(pools[i]);
    assert_in_range(gone, 2 * POOLS_IN_BLOCK, MANY);
}

static void *take_and_give(void *context)
{
    unsigned char *pools[HELD] = {NULL};
    unsigned mark = *(unsigned *)context, wrong = 0;

    for (unsigned turn = 0; turn < TURNS; turn++) {
        unsigned at = turn * 7 % HELD;

        if (pools[at]) {
            wrong += !is_filled(pools[at], 256, mark + at);
            pools_give(pools[at], SIZE);
        }
        pools[at] = pools_take(SIZE);
        if (pools[at])
            fill(pools[at], 256, mark + at);
    }
    for (unsigned at = 0; at < HELD; at++) {
        wrong += !pools[at] || !is_filled(pools[at], 256, mark + at);
        pools_give(pools[at], SIZE);
    }
    *(unsigned *)context = wrong;
    return NULL;
}

static void threads_do_not_meet(void **state)
{
    pthread_t threads[THREADS];
    unsigned marks[THREADS];
    (void)state;

    for (unsigned i = 0; i < THREADS; i++) {
        marks[i] = i * 1000;
        assert_int_equal(pthread_create(&threads[i], NULL, take_and_give, &marks[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(marks[i], 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_is_its_own),
        cmocka_unit_test(sizes_have_blocks_of_their_own),
        cmocka_unit_test(two_ends_are_in_one_page),
        cmocka_unit_test(an_empty_block_goes_back),
        cmocka_unit_test(threads_do_not_meet),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
