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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_end_in_two_pieces),
        cmocka_unit_test(quotes_within_a_field_mean_nothing),
        cmocka_unit_test(the_maximum_is_exact),
        cmocka_unit_test(a_long_record_takes_no_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
