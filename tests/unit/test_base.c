/*
 * The base floor: text, numbers, buffers, arenas, errors, completion queues, log lines.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit.h"

#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/completion_queue.h"
#include "base/log.h"
#include "base/parse.h"
#include "base/text.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static void errors_keep_the_first(void **state)
{
    struct error e = error_none();
    (void)state;

    assert_false(error_is_set(&e));
    assert_false(error_set(&e, ERROR_VALUE, "first %d", 1));
    assert_false(error_set(&e, ERROR_BUSY, "second"));
    assert_int_equal(e.code, ERROR_VALUE);
    assert_string_equal(e.message, "first 1");
    assert_string_equal(error_code_text(ERROR_UNIQUE), "23505");
    for (int i = 0; i < 1000; i++)
        error_hint(&e, "%01000d", i);
    assert_int_equal(strlen(e.hint), sizeof e.hint - 1);
    error_clear(&e);
    assert_string_equal(e.message, "");
    assert_int_equal(e.row, -1);
}

static void buffers_grow_to_their_maximum(void **state)
{
    struct buf b;
    (void)state;

    buf_init(&b, 1000);
    for (int i = 0; i < 250; i++)
        buf_add(&b, "abcd", 4);
    assert_int_equal(b.len, 1000);
    assert_false(b.failed);
    buf_add_char(&b, 'x');
    assert_true(b.failed && b.full);
    buf_clear(&b);
    assert_false(b.failed);
    buf_add(&b, "", 0);
    buf_add_text(&b, "n=");
    buf_add_int64(&b, INT64_MIN);
    buf_add_char(&b, ' ');
    buf_add_int64(&b, INT64_MAX);
    buf_addf(&b, " %05d", 42);
    assert_true(slice_is(buf_slice(&b), "n=-9223372036854775808 9223372036854775807 00042"));
    char *taken = buf_take(&b);
    assert_null(b.data);
    memory_free(taken);
    buf_finish(&b);
    buf_finish(NULL);
}

static void arenas_have_one_death(void **state)
{
    struct arena a;
    (void)state;

    arena_init(&a, 100000);
    for (size_t size = 1; size < 300; size++) {
        char *p = arena_alloc(&a, size);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
        memset(p, 0xff, size);
    }
    assert_null(arena_alloc(&a, 100000));
    assert_null(arena_alloc(&a, SIZE_MAX));
    assert_null(arena_zeroed(&a, SIZE_MAX, 2));
    assert_string_equal(arena_copy(&a, slice_make("abc!", 3)), "abc");
    arena_reset(&a);
    assert_true(a.total <= 4096);
    int *zero = arena_zeroed(&a, 10, sizeof *zero);
    for (int i = 0; i < 10; i++)
        assert_int_equal(zero[i], 0);
    arena_finish(&a);
    assert_int_equal(a.total, 0);
}

static void percent_encoding(void **state)
{
    static const struct {
        const char *in, *out;
        bool plus;
    } good[] = {{"", "", false},         {"abc", "abc", false},        {"a%20b", "a b", false},
                {"a+b", "a+b", false},   {"a+b", "a b", true},         {"%x%25%2", "%x%%2", true},
                {"%2C%2f", ",/", false}, {"%C3%BC", "\xc3\xbc", false}};
    static const char *const bad[] = {"%", "%2", "%zz", "a%", "a%g0", "%0g", "x%4"};
    char out[64];
    struct buf b;
    (void)state;

    for (size_t i = 0; i < COUNT(good); i++) {
        struct slice in = slice_from(good[i].in);
        long n = good[i].plus ? (long)text_query_decode(in, out) : text_percent_decode(in, out);

        assert_true(n >= 0 && slice_is(slice_make(out, (size_t)n), good[i].out));
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct slice in = slice_from(bad[i]);

        assert_int_equal(text_percent_decode(in, out), -1);
        assert_true(slice_equal(slice_make(out, text_query_decode(in, out)), in));
    }
    buf_init(&b, 100);
    text_percent_encode(&b, slice_from("a-b_c.d~e /?\xc3"));
    assert_true(slice_is(buf_slice(&b), "a-b_c.d~e%20%2F%3F%C3"));
    buf_finish(&b);
}

static void utf8(void **state)
{
    static const char *const good[] = {"",
                                       "a",
                                       "\x7f",
                                       "\xc2\x80",
                                       "\xdf\xbf",
                                       "\xe0\xa0\x80",
                                       "\xed\x9f\xbf",
                                       "\xee\x80\x80",
                                       "\xef\xbf\xbf",
                                       "\xf0\x90\x80\x80",
                                       "\xf4\x8f\xbf\xbf"};
    static const char *const bad[] = {
        "\x80",         "\xc0\xaf",         "\xc1\xbf",         "\xe0\x9f\xbf",     "\xed\xa0\x80",
        "\xed\xbf\xbf", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff",
        "\xc3",         "\xe2\x82",         "\xf0\x9f\x98",     "a\xc3(",           "\xe2\x28\xa1"};
    (void)state;

    for (size_t i = 0; i < COUNT(good); i++)
        assert_true(text_utf8_valid(slice_from(good[i])));
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(text_utf8_valid(slice_from(bad[i])));
}

static void base64_of_every_length(void **state)
{
    unsigned char bytes[256], back[256];
    static const char *const bad[] = {"A",    "AA",   "AAA",  "A===", "====", "AA=A",
                                      "AB==", "AAB=", "A A=", "AA-_", "AAAA="};
    struct buf b;
    (void)state;

    buf_init(&b, 1024);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(i * 37);
    for (size_t len = 0; len <= 255; len++) {
        buf_clear(&b);
        text_base64_encode(&b, slice_make((char *)bytes, len));
        assert_int_equal(b.len, (len + 2) / 3 * 4);
        assert_int_equal(text_base64_decode(buf_slice(&b), back), len);
        assert_memory_equal(bytes, back, len);
    }
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(text_base64_decode(slice_from(bad[i]), back), -1);
    buf_finish(&b);
}

static void json_strings(void **state)
{
    static const struct {
        struct slice in;
        const char *out;
    } cases[] = {
        {SLICE_LITERAL(""), "\"\""},
        {SLICE_LITERAL("plain text of more than eight bytes"),
         "\"plain text of more than eight bytes\""},
        {SLICE_LITERAL("1234567\"9"), "\"1234567\\\"9\""},
        {SLICE_LITERAL("12345678\\"), "\"12345678\\\\\""},
        {SLICE_LITERAL("\b\t\n\f\r"), "\"\\b\\t\\n\\f\\r\""},
        {SLICE_LITERAL("a\0b\x1f\x7f"), "\"a\\u0000b\\u001f\x7f\""},
        {SLICE_LITERAL("\xc3\xbc\xf0\x9f\x98\x80"), "\"\xc3\xbc\xf0\x9f\x98\x80\""},
        {SLICE_LITERAL("a\xff"
                       "b\xc3"),
         "\"a\xef\xbf\xbd"
         "b\xef\xbf\xbd\""},
    };
    struct buf b;
    (void)state;

    buf_init(&b, 1000);
    for (size_t i = 0; i < COUNT(cases); i++) {
        buf_clear(&b);
        text_json_string(&b, cases[i].in);
        assert_true(slice_is(buf_slice(&b), cases[i].out));
    }
    for (int c = 0; c < 256; c++) { /* each byte at each place of an eight-byte word */
        for (size_t place = 0; place < 17; place++) {
            char text[17];
            memset(text, 'x', sizeof text);
            text[place] = (char)c;
            buf_clear(&b);
            text_json_string(&b, slice_make(text, sizeof text));
            bool plain = c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
            assert_true(plain == (b.len == sizeof text + 2));
            assert_true(text_utf8_valid(buf_slice(&b)));
        }
    }
    buf_finish(&b);
}

static void distances(void **state)
{
    (void)state;
    assert_int_equal(text_distance(slice_from("tasks"), slice_from("TASKS"), 3), 0);
    assert_int_equal(text_distance(slice_from("task"), slice_from("tasks"), 3), 1);
    assert_int_equal(text_distance(slice_from("kitten"), slice_from("sitting"), 5), 3);
    assert_int_equal(text_distance(slice_from("a"), slice_from("abcdefgh"), 2), 3);
}

static void numbers(void **state)
{
    int64_t n = 7;
    double d = 7;
    (void)state;

    assert_true(parse_int64(slice_from("-9223372036854775808"), &n) && n == INT64_MIN);
    assert_true(parse_int64(slice_from("+9223372036854775807"), &n) && n == INT64_MAX);
    static const char *const bad[] = {
        "",    "-",  "+", "1 ", " 1", "1x", "0x1", "9223372036854775808", "-9223372036854775809",
        "1.0", "1e3"};
    n = 7;
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(parse_int64(slice_from(bad[i]), &n));
    assert_int_equal(n, 7);
    assert_true(parse_double(slice_from("-1.5e3"), &d) && d == -1500);
    assert_true(parse_double(slice_from(".5"), &d) && d == 0.5);
    assert_true(parse_double(slice_from("-0.0"), &d) && signbit(d));
    assert_true(parse_double(slice_from("5e-324"), &d) && d > 0);
    static const char *const not_reals[] = {"",      ".",   "e5", "1e", "1e400", "inf",  "nan",
                                            "0x1p3", "1,5", " 1", "1 ", "--1",   "1.2.3"};
    for (size_t i = 0; i < COUNT(not_reals); i++)
        assert_false(parse_double(slice_from(not_reals[i]), &d));
}

static void sizes_and_times(void **state)
{
    int64_t n;
    bool on;
    (void)state;

    assert_true(parse_size(slice_from("1MiB"), &n) && n == 1 << 20);
    assert_true(parse_size(slice_from("2kb"), &n) && n == 2000);
    assert_true(parse_size(slice_from("0"), &n) && n == 0);
    assert_false(parse_size(slice_from("1XB"), &n));
    assert_false(parse_size(slice_from("MiB"), &n));
    assert_false(parse_size(slice_from("9223372036854775807GiB"), &n));
    assert_true(parse_duration_ms(slice_from("1m30s"), &n) && n == 90000);
    assert_true(parse_duration_ms(slice_from("250ms"), &n) && n == 250);
    assert_true(parse_duration_ms(slice_from("5"), &n) && n == 5000);
    static const char *const bad[] = {"", "s", "5x", "1m30", "-1s", "1.5s", "5 s"};
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(parse_duration_ms(slice_from(bad[i]), &n));
    assert_true(parse_bool(slice_from("Yes"), &on) && on);
    assert_true(parse_bool(slice_from("off"), &on) && !on);
    assert_false(parse_bool(slice_from("maybe"), &on));
}

#define SENDERS     4
#define COMPLETIONS 50000

static void *send_letters(void *context)
{
    struct completion_queue *m = context;
    struct completion *completions = calloc(COMPLETIONS, sizeof *completions);

    assert_non_null(completions);
    for (int i = 0; i < COMPLETIONS; i += 2) {
        completions[i].next = &completions[i + 1];
        completion_queue_post(m, &completions[i], &completions[i + 1]);
    }
    return completions;
}

static void mailboxes_lose_nothing(void **state)
{
    struct completion_queue m;
    struct error e = error_none();
    pthread_t threads[SENDERS];
    int got = 0;
    (void)state;

    assert_true(completion_queue_init(&m, &e));
    for (int i = 0; i < SENDERS; i++)
        pthread_create(&threads[i], NULL, send_letters, &m);
    while (got < SENDERS * COMPLETIONS) {
        struct pollfd p = {.fd = m.wake_fd, .events = POLLIN};

        assert_int_equal(poll(&p, 1, 10000), 1); /* a lost wake-up would wait for ever */
        for (struct completion *l = completion_queue_take(&m); l; l = l->next)
            got++;
    }
    assert_null(completion_queue_take(&m));
    for (int i = 0; i < SENDERS; i++) {
        void *completions;
        pthread_join(threads[i], &completions);
        free(completions);
    }
    completion_queue_finish(&m);
}

static void long_log_lines_stay_json(void **state)
{
    int saved = dup(STDERR_FILENO), fds[2];
    static char text[LOG_LINE_MAX * 2], line[LOG_LINE_MAX + 100];
    struct log_line l;
    (void)state;

    for (size_t i = 0; i + 1 < sizeof text; i++)
        text[i] = i % 3 ? '"' : '\x01';
    assert_int_equal(pipe(fds), 0);
    dup2(fds[1], STDERR_FILENO);
    log_begin(&l, LOG_ERROR, "long");
    log_text(&l, "value", slice_from(text));
    log_int(&l, "after", -5);
    log_ms(&l, "ms", 1234567);
    log_end(&l);
    dup2(saved, STDERR_FILENO);
    close(saved);
    ssize_t n = read(fds[0], line, sizeof line - 1);
    close(fds[0]);
    close(fds[1]);
    assert_true(n > 100 && n <= LOG_LINE_MAX);
    assert_memory_equal(line + n - 2, "}\n", 2);
    int quotes = 0; /* outside escapes they come in pairs */
    for (ssize_t i = 0; i < n; i++) {
        assert_true((unsigned char)line[i] >= 0x20 || i == n - 1);
        if (line[i] == '\\')
            i++;
        else
            quotes += line[i] == '"';
    }
    assert_int_equal(quotes % 2, 0);
}

static void log_levels(void **state)
{
    enum log_level level;
    (void)state;

    assert_true(log_level_parse(slice_from("WARN"), &level) && level == LOG_WARN);
    assert_false(log_level_parse(slice_from("loud"), &level));
    log_set_level(LOG_WARN);
    assert_false(log_wanted(LOG_INFO));
    assert_true(log_wanted(LOG_ERROR));
    log_set_level(LOG_INFO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_keep_the_first),
        cmocka_unit_test(buffers_grow_to_their_maximum),
        cmocka_unit_test(arenas_have_one_death),
        cmocka_unit_test(percent_encoding),
        cmocka_unit_test(utf8),
        cmocka_unit_test(base64_of_every_length),
        cmocka_unit_test(json_strings),
        cmocka_unit_test(distances),
        cmocka_unit_test(numbers),
        cmocka_unit_test(sizes_and_times),
        cmocka_unit_test(mailboxes_lose_nothing),
        cmocka_unit_test(long_log_lines_stay_json),
        cmocka_unit_test(log_levels),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
