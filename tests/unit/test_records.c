/*
 * Records of a file that comes in pieces, whatever the pieces are.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/records.h"

struct piped {
    int in;
    struct records records;
};

static void begin(struct piped *p, enum records_kind kind, size_t max)
{
    int ends[2];

    assert_int_equal(pipe(ends), 0);
    p->in = ends[1];
    records_init(&p->records, ends[0], kind, max);
}

static void end(struct piped *p)
{
    close(p->records.fd);
    records_finish(&p->records);
}

static void send_text(struct piped *p, const char *text)
{
    assert_int_equal(write(p->in, text, strlen(text)), (ssize_t)strlen(text));
}

static void expect(struct piped *p, const char *text, int64_t line)
{
    struct error e = error_none();
    struct slice got;

    assert_int_equal(records_next(&p->records, &got, &e), RECORD_GIVEN);
    assert_int_equal(got.len, strlen(text));
    assert_memory_equal(got.data, text, got.len);
    assert_int_equal(p->records.line, line);
}

static void expect_other(struct piped *p, enum record record)
{
    struct error e = error_none();
    struct slice got;

    assert_int_equal(records_next(&p->records, &got, &e), record);
}

/* \r ends a record at once; the \n that comes later is no record of its own. */
static void a_line_end_in_two_pieces(void **state)
{
    struct piped p;
    (void)state;

    begin(&p, RECORDS_CSV, 100);
    send_text(&p, "a,b\r");
    expect(&p, "a,b", 1);
    send_text(&p, "\nc,\"d\r\n\"\"\n");
    send_text(&p, "e\"\n\rlast");
    close(p.in);
    expect(&p, "c,\"d\r\n\"\"\ne\"", 2);
    expect(&p, "", 5);
    expect(&p, "last", 6);
    expect_other(&p, RECORD_END);
    assert_int_equal(p.records.line, 6);
    end(&p);
}

static void quotes_within_a_field_mean_nothing(void **state)
{
    struct piped p;
    (void)state;

    begin(&p, RECORDS_CSV, 100);
    send_text(&p, "\xef\xbb\xbfx\"y\n,\"\nz\"\n\"junk\"x\"\nend\n");
    close(p.in);
    expect(&p, "x\"y", 1);
    expect(&p, ",\"\nz\"", 2);
    expect(&p, "\"junk\"x\"", 4);
    expect(&p, "end", 5);
    expect_other(&p, RECORD_END);
    assert_int_equal(p.records.used, 3 + 4 + 6 + 9 + 4);
    end(&p);
}

static void the_maximum_is_exact(void **state)
{
    struct piped p;
    (void)state;

    begin(&p, RECORDS_LINES, 5);
    send_text(&p, "12345\n123456\n\"\r\n");
    close(p.in);
    expect(&p, "12345", 1);
    expect_other(&p, RECORD_TOO_LONG);
    assert_int_equal(p.records.line, 2);
    expect(&p, "\"", 3);
    expect_other(&p, RECORD_END);
    end(&p);
}

/* A record of many reads that is too long is passed over in the memory of a few. */
static void a_long_record_takes_no_room(void **state)
{
    static const char piece[] = "\"\"\n\"\",01234567890123456789012345678901234567890123456789";
    FILE *file = tmpfile();
    struct piped p;
    (void)state;

    assert_non_null(file);
    fputs("id\n\"", file);
    for (int i = 0; i < 100000; i++)
        fputs(piece, file);
    fputs("\"\nnext", file);
    assert_int_equal(fflush(file), 0);
    rewind(file);
    records_init(&p.records, fileno(file), RECORDS_CSV, 1000);
    expect(&p, "id", 1);
    expect_other(&p, RECORD_TOO_LONG);
    assert_int_equal(p.records.line, 2);
    expect(&p, "next", 100003);
    assert_true(p.records.cap <= 262144);
    records_finish(&p.records);
    fclose(file);
}

/* ---- the elements of an array */

/* A text that is given so many bytes at a time. */
struct given {
    const char *text;
    size_t at, at_once;
};

static ssize_t give(void *context, void *to, size_t n, struct error *e)
{
    struct given *g = context;
    size_t left = strlen(g->text) - g->at;
    (void)e;

    if (n > g->at_once)
        n = g->at_once;
    if (n > left)
        n = left;
    memcpy(to, g->text + g->at, n);
    g->at += n;
    return (ssize_t)n;
}

static const char array[] =
    "\xef\xbb\xbf \n[ {\"a\":[1,{\"]\":\"},\\\"]\"}]} ,\n  2,\"x\",\n\n {}\n] \n";

/* Wherever the pieces of it end. */
static void elements_of_an_array(void **state)
{
    (void)state;
    for (size_t at_once = 1; at_once < sizeof array; at_once++) {
        struct given given = {.text = array, .at_once = at_once};
        struct piped p;

        records_init_from(&p.records, give, &given, RECORDS_ELEMENTS, 100);
        for (int again = 0; again < 2; again++) {
            expect(&p, "{\"a\":[1,{\"]\":\"},\\\"]\"}]} ", 2);
            assert_int_equal(p.records.column, 3);
            expect(&p, "2", 3);
            assert_int_equal(p.records.column, 3);
            expect(&p, "\"x\"", 3);
            expect(&p, "{}\n", 5);
            assert_int_equal(p.records.column, 2);
            expect_other(&p, RECORD_END);
            records_rewind(&p.records);
            given.at = 0;
        }
        records_finish(&p.records);
    }
}

static void expect_fault(const char *text, int before, const char *what, int64_t line,
                         int64_t column)
{
    struct given given = {.text = text, .at_once = 3};
    struct piped p;

    records_init_from(&p.records, give, &given, RECORDS_ELEMENTS, 4);
    for (int i = 0; i < before; i++)
        expect_other(&p, RECORD_GIVEN);
    expect_other(&p, RECORD_FAULT);
    assert_string_equal(p.records.fault, what);
    assert_int_equal(p.records.line, line);
    assert_int_equal(p.records.column, column);
    records_finish(&p.records);
}

static void what_is_around_elements(void **state)
{
    struct given given = {.text = "[12345, [[,]],1]", .at_once = 2};
    struct piped p;
    (void)state;

    expect_fault("", 0, "an array is expected", 1, 1);
    expect_fault(" {}", 0, "an array is expected", 1, 2);
    expect_fault("[", 0, "a comma or ] is expected", 1, 2);
    expect_fault("[1\n", 1, "a comma or ] is expected", 2, 1);
    expect_fault("[1,2]\n ,", 2, "nothing is expected after the value", 2, 2);
    expect_fault("[]]", 0, "nothing is expected after the value", 1, 3);
    records_init_from(&p.records, give, &given, RECORDS_ELEMENTS, 4);
    expect_other(&p, RECORD_TOO_LONG);
    expect_other(&p, RECORD_TOO_LONG);
    expect(&p, "1", 1);
    expect_other(&p, RECORD_END);
    records_finish(&p.records);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_end_in_two_pieces),
        cmocka_unit_test(elements_of_an_array),
        cmocka_unit_test(what_is_around_elements),
        cmocka_unit_test(quotes_within_a_field_mean_nothing),
        cmocka_unit_test(the_maximum_is_exact),
        cmocka_unit_test(a_long_record_takes_no_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
