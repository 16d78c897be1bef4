/*
 * The budget: counted by use, refused past the ceiling, blocks that grow and move.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit.h"

#include <pthread.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/memory.h"

#define MIB ((size_t)1 << 20)

static void set_ceiling(size_t bytes)
{
    memory_set_ceiling(&(struct memory_plan){.ceiling = bytes, .threads = 2});
}

static int no_ceiling(void **state)
{
    (void)state;
    set_ceiling(0);
    return 0;
}

/* What the use has, the part of this thread included. */
static long has(enum memory_use use)
{
    memory_tell(use);
    return (long)memory_count(use).bytes;
}

static void blocks_keep_their_bytes(void **state)
{
    static const size_t sizes[] = {9,      100,    4096,   MEMORY_LARGE - 1, MEMORY_LARGE,
                                   700000, 900001, 300000, 200000,           10};
    long before = has(MEMORY_OTHER);
    char *block = memory_alloc(MEMORY_OTHER, 8);
    (void)state;

    memcpy(block, "12345678", 8);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        block = memory_realloc(block, sizes[i]);
        assert_non_null(block);
        assert_int_equal(memory_size(block), sizes[i]);
        assert_int_equal(has(MEMORY_OTHER) - before, (long)sizes[i]);
        assert_memory_equal(block, "12345678", 8);
        memset(block + 8, 'x', sizes[i] - 8);
    }
    memory_free(block);
    memory_free(NULL);
    assert_int_equal(has(MEMORY_OTHER), before);
}

static void buffers_and_arenas_count(void **state)
{
    struct arena a;
    struct buf b;
    (void)state;

    buf_init(&b, 4 * MIB);
    buf_use(&b, MEMORY_ANSWERS);
    for (size_t i = 0; i < 3 * MIB / 8; i++)
        buf_add(&b, "abcdefgh", 8);
    assert_int_equal(b.len, 3 * MIB);
    assert_true(b.cap <= b.len + b.len / 8 + 1); /* not twice as much */
    assert_int_equal(has(MEMORY_ANSWERS), b.cap);
    for (size_t i = 0; i < b.len; i += 8)
        assert_memory_equal(b.data + i, "abcdefgh", 8);
    buf_finish(&b);
    assert_int_equal(has(MEMORY_ANSWERS), 0);

    arena_init(&a, 4 * MIB);
    a.use = MEMORY_REQUESTS;
    for (int i = 0; i < 30; i++)
        memset(arena_alloc(&a, 100000), i, 100000);
    assert_true(has(MEMORY_REQUESTS) >= 3000000 && has(MEMORY_REQUESTS) < 4400000);
    arena_finish(&a);
    assert_int_equal(has(MEMORY_REQUESTS), 0);
}

static void a_use_has_a_share(void **state)
{
    size_t share;
    (void)state;

    set_ceiling(32 * MIB);
    share = memory_share(MEMORY_BODIES);
    assert_true(share > 8 * MIB && share < 16 * MIB);
    assert_false(memory_take(MEMORY_BODIES, share + 1)); /* alone: never */
    assert_int_equal(memory_refusal(), MEMORY_NEVER);
    assert_int_equal(memory_refusal(), MEMORY_NOT_REFUSED);
    assert_true(memory_take(MEMORY_BODIES, share));
    assert_false(memory_take(MEMORY_BODIES, MIB)); /* one request's together: never */
    assert_int_equal(memory_refusal(), MEMORY_NEVER);
    memory_begin((struct memory_request){0});
    assert_false(memory_take(MEMORY_BODIES, MIB)); /* now others have it */
    assert_int_equal(memory_refusal(), MEMORY_TAKEN);
    for (int i = 0; i < 20; i++) /* what is small is there all the same */
        assert_true(memory_take(MEMORY_BODIES, 10000));
    assert_true(memory_take(MEMORY_ANSWERS, MIB)); /* and so are other uses */
    memory_give(MEMORY_ANSWERS, MIB);
    for (int i = 0; i < 20; i++)
        memory_give(MEMORY_BODIES, 10000);
    memory_give(MEMORY_BODIES, share);
    assert_int_equal(has(MEMORY_BODIES), 0);
    assert_int_equal(memory_count(MEMORY_BODIES).refused, 3);
}

static void together_there_is_a_ceiling(void **state)
{
    (void)state;

    set_ceiling(32 * MIB);
    assert_true(memory_take(MEMORY_ANSWERS, 20 * MIB));
    assert_true(memory_take(MEMORY_BODIES, 6 * MIB));
    memory_begin((struct memory_request){0});
    assert_false(memory_take(MEMORY_REQUESTS, 2 * MIB));
    assert_int_equal(memory_refusal(), MEMORY_TAKEN);
    assert_true(memory_take(MEMORY_REQUESTS, MIB)); /* the first of each use */
    assert_false(memory_take(MEMORY_ANSWERS, MIB));
    assert_true(memory_take(MEMORY_SQLITE, 5 * MIB)); /* a thread's own */
    assert_false(memory_take(MEMORY_SQLITE, MIB));
    memory_give(MEMORY_SQLITE, 5 * MIB);
    memory_give(MEMORY_REQUESTS, MIB);
    memory_give(MEMORY_BODIES, 6 * MIB);
    memory_give(MEMORY_ANSWERS, 20 * MIB);
}

/* A statement may have half of all, if nobody else has it. */
static void a_thread_alone_may_have_too_much(void **state)
{
    (void)state;

    set_ceiling(32 * MIB);
    for (int i = 0; i < 16; i++)
        assert_true(memory_take(MEMORY_SQLITE, MIB));
    assert_false(memory_take(MEMORY_SQLITE, MIB));
    assert_int_equal(memory_refusal(), MEMORY_NEVER);
    memory_give(MEMORY_SQLITE, 16 * MIB);
}

static void *takes_and_gives(void *context)
{
    void *blocks[64] = {NULL};
    (void)context;

    for (size_t i = 0; i < 20000; i++) {
        memory_free(blocks[i % 64]);
        blocks[i % 64] = memory_alloc(MEMORY_OTHER, i * 7919 % 9000 + 1);
    }
    for (size_t i = 0; i < 64; i++)
        memory_free(blocks[i]);
    memory_tell(MEMORY_OTHER);
    return NULL;
}

static void threads_agree(void **state)
{
    pthread_t threads[4];
    long before = has(MEMORY_OTHER);
    (void)state;

    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, takes_and_gives, NULL), 0);
    for (size_t i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(has(MEMORY_OTHER), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(blocks_keep_their_bytes, no_ceiling),
        cmocka_unit_test_teardown(buffers_and_arenas_count, no_ceiling),
        cmocka_unit_test_teardown(a_use_has_a_share, no_ceiling),
        cmocka_unit_test_teardown(together_there_is_a_ceiling, no_ceiling),
        cmocka_unit_test_teardown(a_thread_alone_may_have_too_much, no_ceiling),
        cmocka_unit_test_teardown(threads_agree, no_ceiling),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
