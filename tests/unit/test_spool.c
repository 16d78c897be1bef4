/*
 * A body that is kept in a file: written, read again, never seen, and what keeps it from being kept.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit.h"

#include <dirent.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "store/files/spool.h"

static char big[300000];

static struct spool *open_spool(uint64_t max)
{
    struct error e = error_none();
    struct spool *s = NULL;

    if (!spool_open(&s, unit_database(), max, &e))
        unit_no_error(&e);
    return s;
}

static size_t read_all(struct spool *s, char *to, size_t room)
{
    struct error e = error_none();
    size_t n = 0;
    ssize_t got;

    while ((got = spool_read(s, to + n, room - n < 1000 ? room - n : 1000, &e)) > 0)
        n += (size_t)got;
    assert_int_equal(got, 0);
    return n;
}

static void is_read_as_it_was_written_each_time(void **state)
{
    struct spool *s = open_spool(1 << 20);
    struct error e = error_none();
    char *again = malloc(2 * sizeof big);
    (void)state;

    for (size_t i = 0; i < sizeof big; i++)
        big[i] = (char)(i * 31 + i / 251);
    assert_true(spool_append(s, "{}", 2, &e));
    assert_true(spool_append(s, big, sizeof big, &e));
    assert_true(spool_append(s, big, 0, &e));
    assert_int_equal(spool_size(s), 2 + sizeof big);
    for (int i = 0; i < 2; i++) {
        spool_rewind(s);
        assert_int_equal(read_all(s, again, 2 * sizeof big), 2 + sizeof big);
        assert_memory_equal(again, "{}", 2);
        assert_memory_equal(again + 2, big, sizeof big);
    }
    free(again);
    spool_close(s);
    spool_close(NULL);
}

static void takes_its_maximum_and_no_more(void **state)
{
    struct spool *s = open_spool(10);
    struct error e = error_none();
    (void)state;

    assert_true(spool_append(s, "0123456789", 10, &e));
    assert_true(spool_append(s, "", 0, &e));
    assert_false(spool_append(s, "x", 1, &e));
    assert_int_equal(e.code, ERROR_TOO_LARGE);
    assert_int_equal(spool_size(s), 10);
    spool_close(s);
}

static size_t count_names(void)
{
    char path[4096];
    size_t n = 0;
    DIR *folder;

    snprintf(path, sizeof path, "%s", unit_database());
    folder = opendir(dirname(path));
    assert_non_null(folder);
    while (readdir(folder))
        n++;
    closedir(folder);
    return n;
}

static void has_no_name(void **state)
{
    size_t before = count_names();
    struct error e = error_none();
    struct spool *s = open_spool(10);
    (void)state;

    assert_true(spool_append(s, "0123456789", 10, &e));
    assert_int_equal(count_names(), before);
    spool_close(s);
    assert_int_equal(count_names(), before);
}

static void no_folder_and_no_right(void **state)
{
    struct error e = error_none();
    struct spool *s = NULL;
    (void)state;

    assert_false(spool_open(&s, "/nowhere/at/all/x.db", 10, &e));
    assert_int_equal(e.code, ERROR_IO);
    assert_null(s);
    e = error_none();
    assert_false(spool_open(&s, "/proc/x.db", 10, &e));
    assert_null(s);
}

static void no_descriptor_left(void **state)
{
    struct rlimit before, none;
    struct error e = error_none();
    struct spool *s = NULL;
    int next = dup(0);
    (void)state;

    close(next);
    getrlimit(RLIMIT_NOFILE, &before);
    none = before;
    none.rlim_cur = (rlim_t)next;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    assert_false(spool_open(&s, unit_database(), 10, &e));
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(e.code, ERROR_BUSY);
    assert_null(s);
}

/* RLIMIT_FSIZE stands in for a full disk. */
static void full_disk(void **state)
{
    struct rlimit before, small;
    struct error e = error_none();
    struct spool *s = open_spool(1 << 20);
    (void)state;

    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    small = before;
    small.rlim_cur = 100000;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    assert_false(spool_append(s, big, sizeof big, &e));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(e.code, ERROR_FULL);
    assert_int_equal(spool_size(s), 100000);
    spool_close(s);
}

static void room_is_known_before(void **state)
{
    struct error e = error_none();
    struct spool *s = open_spool(UINT64_MAX);
    (void)state;

    assert_true(spool_has_room(s, 1000, &e));
    assert_false(spool_has_room(s, UINT64_MAX, &e));
    assert_int_equal(e.code, ERROR_FULL);
    spool_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_read_as_it_was_written_each_time),
        cmocka_unit_test(takes_its_maximum_and_no_more),
        cmocka_unit_test(has_no_name),
        cmocka_unit_test(no_folder_and_no_right),
        cmocka_unit_test(no_descriptor_left),
        cmocka_unit_test(full_disk),
        cmocka_unit_test(room_is_known_before),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
