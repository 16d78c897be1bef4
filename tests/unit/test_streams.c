/*
 * A reading that is left between two rows, and readers that the lane keeps for such.
 */
#include "unit.h"

#include <poll.h>

#include "base/clock.h"
#include "store/run/lane.h"
#include "store/run/reader.h"
#include "store/store.h"

#define SCHEMA                                                                                     \
    "CREATE TABLE t (n INTEGER PRIMARY KEY, text TEXT);"                                           \
    "INSERT INTO t SELECT value, printf('%.1000c', 'x') FROM (WITH RECURSIVE s(value) AS "         \
    "(SELECT 1 UNION ALL SELECT value + 1 FROM s WHERE value < 1000) SELECT value FROM s)"

enum { ROWS = 1000, STREAMS = 3 };

static struct store store;
static struct db *writer;

static int up(void **state)
{
    const struct db_options options = db_options_default();
    const char *path = unit_database();
    struct error e = error_none();
    (void)state;

    writer = unit_open(path, SCHEMA);
    assert_true(store_open(&store, path, &options, NULL, &e));
    return 0;
}

static int down(void **state)
{
    (void)state;
    store_close(&store);
    db_close(writer);
    return 0;
}

static const struct query all = {.sql = SLICE_LITERAL("SELECT n, text FROM t ORDER BY n")};

/* Rows that are counted, `room` of them at a time. */
struct counted {
    int64_t n, room, last;
    bool fails;
};

static enum row_verdict count(void *context, const struct row *row, struct error *e)
{
    struct counted *c = context;

    c->n++;
    c->last = row_integer(row, 0);
    if (c->fails) {
        error_set(e, ERROR_FAILURE, "no more of this");
        return ROW_FAILED;
    }
    return --c->room > 0 ? ROW_MORE : ROW_PAUSE;
}

static int64_t rows_now(struct reader *reader)
{
    struct counted c = {.room = ROWS * 2};
    struct error e = error_none();

    assert_true(reader_begin(reader, clock_us(), 0, &e));
    assert_true(reader_rows(reader, &all, count, &c, &e));
    return c.n;
}

static void a_reading_is_left_and_gone_on_with(void **state)
{
    struct error e = error_none();
    struct reader *reader = reader_open(&store, &e), *other = reader_open(&store, &e);
    struct counted c = {.room = 10};
    struct reading *reading;
    (void)state;

    assert_true(reader_begin(reader, clock_us(), 0, &e));
    assert_int_equal(reader_read(reader, &all, count, &c, &reading, &e), READING_PAUSED);
    assert_int_equal(c.last, 10);
    assert_true(db_exec(writer, "INSERT INTO t VALUES (5000, 'later')", &e));
    store_committed(&store);
    assert_int_equal(rows_now(other), ROWS + 1);
    assert_true(reader_make_small(reader, &e));
    c.room = 90;
    assert_int_equal(reading_go_on(reading, count, &c, &e), READING_PAUSED);
    assert_int_equal(c.last, 100);
    reader_trim(reader);
    c.room = ROWS * 2;
    assert_int_equal(reading_go_on(reading, count, &c, &e), READING_ENDED);
    assert_int_equal(c.n, ROWS); /* as it was when it began */
    reading_end(reading);
    reader_rest(reader);
    assert_true(reader_make_full(reader, &e));
    assert_int_equal(rows_now(reader), ROWS + 1);
    assert_true(db_exec(writer, "DELETE FROM t WHERE n = 5000", &e));
    store_committed(&store);
    reader_close(reader);
    reader_close(other);
}

static void a_reading_ends_early_or_fails(void **state)
{
    struct error e = error_none();
    struct reader *reader = reader_open(&store, &e);
    struct counted c = {.room = 10};
    struct reading *reading;
    (void)state;

    assert_true(reader_begin(reader, clock_us(), 0, &e));
    assert_int_equal(reader_read(reader, &all, count, &c, &reading, &e), READING_PAUSED);
    reader_deadline(reader, clock_us() - 1);
    c.room = ROWS * 2;
    assert_int_equal(reading_go_on(reading, count, &c, &e), READING_FAILED);
    assert_int_equal(e.code, ERROR_TIMEOUT);
    reading_end(reading);
    error_clear(&e);
    c = (struct counted){.fails = true};
    assert_true(reader_begin(reader, clock_us(), 0, &e));
    assert_int_equal(reader_read(reader, &all, count, &c, &reading, &e), READING_FAILED);
    assert_null(reading);
    assert_int_equal(c.n, 1);
    error_clear(&e);
    c = (struct counted){.room = ROWS * 2};
    assert_int_equal(reader_read(reader, &all, count, &c, &reading, &e), READING_ENDED);
    assert_null(reading);
    reader_close(reader);
}

/* A read in pieces of a hundred rows, as a stream's job is. */
struct stream {
    struct lane_job job; /* first */
    struct lane *lane;
    struct reading *reading;
    struct counted counted;
    enum reading_state state;
    struct error error;
};

static void read_piece(struct lane_job *job, struct reader *reader)
{
    struct stream *s = (struct stream *)job;

    s->counted.room = 100;
    if (s->reading) {
        s->state = reading_go_on(s->reading, count, &s->counted, &s->error);
    } else {
        assert_true(reader_begin(reader, clock_us(), 0, &s->error));
        s->state = reader_read(reader, &all, count, &s->counted, &s->reading, &s->error);
        if (s->state == READING_PAUSED && !lane_keep_reader(s->lane, job, &s->error))
            s->state = READING_FAILED;
    }
    if (s->state == READING_PAUSED)
        return;
    reading_end(s->reading);
    s->reading = NULL;
    job->ends = job->reader != NULL;
}

static void wait_for(struct completion_queue *completions, size_t n)
{
    while (n > 0) {
        struct pollfd fd = {.fd = completions->wake_fd, .events = POLLIN};

        assert_int_equal(poll(&fd, 1, 20000), 1);
        for (struct completion *c = completion_queue_take(completions); c; c = c->next)
            n--;
    }
}

static void submit(struct stream *s)
{
    struct error e = error_none();

    assert_true(lane_submit(s->lane, &s->job, &e));
}

static struct lane_stats stats_of(struct lane *lane)
{
    struct lane_stats stats;

    lane_stats(lane, &stats);
    return stats;
}

static void the_lane_keeps_readers(void **state)
{
    const struct lane_options options = {
        .threads = 2, .queue_max = 2, .streams = STREAMS, .budget_us = 5000};
    struct error e = error_none();
    struct lane *lane = lane_start(&store, &options, &e);
    struct completion_queue completions;
    struct stream s[STREAMS + 2];
    (void)state;

    assert_true(lane && completion_queue_init(&completions, &e));
    for (size_t i = 0; i < STREAMS + 2; i++) {
        s[i] = (struct stream){.lane = lane,
                               .job = {.run = read_piece,
                                       .completions = &completions,
                                       .address = {i < 3 ? 1 : 2},
                                       .reason = LANE_STREAM}};
        submit(&s[i]);
        wait_for(&completions, 1);
    }
    assert_int_equal(s[1].state, READING_PAUSED);
    assert_int_equal(s[2].state, READING_FAILED); /* the third of one address, which may have two */
    assert_int_equal(s[2].error.code, ERROR_BUSY);
    assert_true(s[2].error.retry_after > 0);
    assert_int_equal(s[3].state, READING_PAUSED);
    assert_int_equal(s[4].state, READING_FAILED); /* the fourth of all */
    assert_int_equal(s[4].error.code, ERROR_BUSY);
    assert_int_equal(stats_of(lane).kept, STREAMS);
    assert_int_equal(stats_of(lane).jobs[LANE_STREAM], STREAMS + 2);
    assert_true(stats_of(lane).oldest_us > 0);
    for (size_t piece = 1; piece <= ROWS / 100; piece++) {
        submit(&s[0]); /* more than may wait: they go on */
        submit(&s[1]);
        submit(&s[3]);
        wait_for(&completions, 3);
    }
    assert_int_equal(s[0].state, READING_ENDED);
    assert_int_equal(s[1].counted.n, ROWS);
    assert_int_equal(s[3].counted.last, ROWS);
    assert_int_equal(stats_of(lane).kept, 0);
    assert_int_equal(stats_of(lane).jobs[LANE_STREAM], STREAMS + 2);
    assert_int_equal(stats_of(lane).refused, 0);
    lane_stop(lane);
    completion_queue_finish(&completions);
}

static void a_reader_is_given_back_by_another_thread(void **state)
{
    const struct lane_options options = {
        .threads = 1, .queue_max = 2, .streams = 1, .budget_us = 5000};
    struct error e = error_none();
    struct lane *lane = lane_start(&store, &options, &e);
    struct completion_queue completions;
    (void)state;

    assert_true(lane && completion_queue_init(&completions, &e));
    for (size_t i = 0; i < 5; i++) {
        struct stream s = {.lane = lane, .job = {.run = read_piece, .completions = &completions}};

        submit(&s);
        wait_for(&completions, 1);
        assert_int_equal(s.state, READING_PAUSED);
        reading_end(s.reading);
        lane_return_reader(lane, &s.job);
        assert_null(s.job.reader);
        assert_int_equal(stats_of(lane).kept, 0);
    }
    lane_stop(lane);
    completion_queue_finish(&completions);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reading_is_left_and_gone_on_with),
        cmocka_unit_test(a_reading_ends_early_or_fails),
        cmocka_unit_test(the_lane_keeps_readers),
        cmocka_unit_test(a_reader_is_given_back_by_another_thread),
    };

    return cmocka_run_group_tests(tests, up, down);
}
