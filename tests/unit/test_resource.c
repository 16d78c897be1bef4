/*
 * The verbs without HTTP: calls on a real store, with a real writer.
 *
 * SPDX-License-Identifier: MIT
 */
#include "unit.h"

#include <poll.h>
#include <stdio.h>

#include "admin/verbs.h"
#include "base/clock.h"
#include "resource/problem.h"
#include "store/catalog/catalog.h"
#include "store/run/reader.h"
#include "store/store.h"

static const char schema[] =
    "CREATE TABLE author (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, meta JSON);"
    "CREATE TABLE book (id INTEGER PRIMARY KEY, author INTEGER REFERENCES author (id));"
    "CREATE TABLE stamp (k TEXT PRIMARY KEY, n INTEGER DEFAULT 0) WITHOUT ROWID;"
    "CREATE TRIGGER bump AFTER UPDATE ON stamp WHEN new.n = old.n BEGIN"
    "  UPDATE stamp SET n = old.n + 1 WHERE k = new.k; END;"
    "INSERT INTO author VALUES (1, 'Ada', '{\"a\":1}'), (2, 'Grace', NULL);"
    "INSERT INTO book VALUES (1, 1); INSERT INTO stamp VALUES ('x', 1);";

static struct store store;
static struct writer *writer;
static struct reader *reader;
static struct completion_queue completions;
static struct service service;
static _Atomic bool draining;

static bool migrated(const struct service *s, struct reader *snapshot, struct error *e)
{
    (void)s, (void)snapshot;
    return !draining || error_set(e, ERROR_FAILURE, "not yet");
}

static int set_up(void **state)
{
    const struct writer_options writer_options = {
        .queue_max = 100, .slow_max = 10, .batch_max = 10, .checkpoint_pages = 1000};
    const struct db_options options = db_options_default();
    const char *path = unit_database();
    struct error e = error_none();
    (void)state;

    db_close(unit_open(path, schema));
    assert_true(store_open(&store, path, &options, NULL, &e) &&
                completion_queue_init(&completions, &e));
    writer = writer_start(&store, &writer_options, &e);
    reader = reader_open(&store, &e);
    unit_no_error(&e);
    service = (struct service){
        .store = &store,
        .writer = writer,
        .version = "0",
        .max_rows = 100,
        .max_elements = 3,
        .max_depth = 8,
        .max_answer = 4096,
        .max_url = 8192,
        .base_path = "/base",
        .draining = &draining,
        .migrated = migrated,
    };
    draining = false;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    reader_close(reader);
    writer_stop(writer);
    store_close(&store);
    completion_queue_finish(&completions);
    return 0;
}

/* Runs a verb to its end, as a loop would. */
static struct call *run(verb_fn *verb, const char *name, const char *key, const char *query,
                        const char *body)
{
    static struct call call; /* used again and again, as a loop's are */

    call_finish(&call);
    call_init(&call, &service);
    call.reader = reader;
    call.completions = &completions;
    call.now_us = clock_us();
    call.table_name = slice_from(name);
    call.keys_text = slice_from(key);
    call.query = slice_from(query);
    call.body.max = 100000;
    if (body)
        buf_add_text(&call.body, body);
    for (enum progress p = verb(&call); p == CALL_WAITING; p = call.finish(&call)) {
        struct pollfd wait = {.fd = completions.wake_fd, .events = POLLIN};

        assert_int_equal(poll(&wait, 1, 10000), 1);
        assert_non_null(completion_queue_take(&completions));
    }
    return &call;
}

static void expect(struct call *call, enum outcome outcome, const char *reply)
{
    if (call->outcome != outcome)
        fail_msg("outcome %d: %s", call->outcome, call->error.message);
    if (reply)
        assert_int_equal(call->reply.len, strlen(reply));
    if (reply && reply[0])
        assert_memory_equal(call->reply.data, reply, strlen(reply));
}

static void expect_error(struct call *call, enum error_code code)
{
    assert_int_equal(call->outcome, OUTCOME_FAILED);
    if (call->error.code != code)
        fail_msg("%s: %s", error_code_text(call->error.code), call->error.message);
}

static void reading(void **state)
{
    struct call *c;
    (void)state;

    c = run(list_read, "author", NULL, "select=name&order=id", NULL);
    expect(c, OUTCOME_OK, "[{\"name\":\"Ada\"},{\"name\":\"Grace\"}]");
    assert_string_equal(c->content_range, "0-1/*");
    expect(run(row_read, "author", "1", "", NULL), OUTCOME_OK,
           "{\"id\":1,\"name\":\"Ada\",\"meta\":{\"a\":1}}");
    expect_error(run(row_read, "author", "9", "", NULL), ERROR_NO_ROW);
    expect_error(run(row_read, "author", "1,2", "", NULL), ERROR_NO_ROUTE);
    expect_error(run(row_read, "author", "1", "name=eq.x", NULL), ERROR_SYNTAX);
    c = run(list_read, "autor", NULL, "", NULL);
    expect_error(c, ERROR_NO_TABLE);
    assert_non_null(strstr(c->error.hint, "author"));
}

static void creating(void **state)
{
    struct call *c;
    (void)state;

    c = run(list_create, "author", NULL, "", "{\"name\":\"Alan\"}");
    expect(c, OUTCOME_CREATED, "{\"id\":3,\"name\":\"Alan\",\"meta\":null}");
    assert_string_equal(c->location, "/base/author/3");
    expect(run(list_create, "author", NULL, "", "[{\"name\":\"a\"},{\"name\":\"b\"}]"),
           OUTCOME_CREATED, "");
    c = run(list_create, "author", NULL, "", "[{\"name\":\"c\"},{\"name\":\"Ada\"}]");
    expect_error(c, ERROR_UNIQUE);
    assert_int_equal(c->error.row, 1);
    expect(run(list_read, "author", NULL, "name=eq.c", NULL), OUTCOME_OK, "[]");
    expect_error(run(list_create, "author", NULL, "", "[{},{},{},{}]"), ERROR_TOO_LARGE);
    expect_error(run(list_create, "author", NULL, "", "{\"meta\":[[[[[[[[1]]]]]]]]}"), ERROR_BODY);
    expect_error(run(list_create, "author", NULL, "", "{\"nam\":1}"), ERROR_NO_BODY_COLUMN);
    c = run(list_create, "stamp", NULL, "", "{\"k\":\"a/b\"}");
    expect(c, OUTCOME_CREATED, "{\"k\":\"a/b\",\"n\":0}");
    assert_string_equal(c->location, "/base/stamp/a%2Fb");
}

static void changing(void **state)
{
    struct call *c;
    (void)state;

    expect(run(row_update, "author", "1", "", "{\"meta\":{\"b\":2,\"a\":null}}"), OUTCOME_OK,
           "{\"id\":1,\"name\":\"Ada\",\"meta\":{\"b\":2}}");
    expect(run(row_update, "author", "1", "select=name", "{}"), OUTCOME_OK, "{\"name\":\"Ada\"}");
    expect_error(run(row_update, "author", "99", "", "{\"name\":\"x\"}"), ERROR_NO_ROW);
    expect(run(row_update, "stamp", "x", "", "{\"k\":\"y\"}"), OUTCOME_OK,
           "{\"k\":\"y\",\"n\":2}"); /* the trigger's work is in the answer */
    c = run(row_replace, "author", "50", "", "{\"name\":\"Put\"}");
    expect(c, OUTCOME_CREATED, "{\"id\":50,\"name\":\"Put\",\"meta\":null}");
    expect(run(row_replace, "author", "50", "", "{\"name\":\"Again\",\"id\":50}"), OUTCOME_OK,
           NULL);
    expect_error(run(row_replace, "author", "50", "", "{\"name\":\"x\",\"id\":51}"), ERROR_PUT_KEY);
    expect_error(run(list_update, "author", NULL, "", "{\"meta\":1}"), ERROR_UNFILTERED);
    expect(run(list_update, "author", NULL, "id=eq.50", "{\"meta\":1}"), OUTCOME_NO_CONTENT, "");
    c = run(row_delete, "author", "1", "", NULL);
    expect_error(c, ERROR_FOREIGN_KEY);
    assert_string_equal(c->error.constraint, "book_author_fkey");
    expect(run(row_delete, "author", "50", "", NULL), OUTCOME_NO_CONTENT, "");
    expect_error(run(list_delete, "author", NULL, "", NULL), ERROR_UNFILTERED);
}

static void answers_are_limited(void **state)
{
    static char body[4096];
    (void)state;

    snprintf(body, sizeof body, "{\"name\":\"%0*d\"}", 3000, 1);
    expect(run(list_create, "author", NULL, "", body), OUTCOME_CREATED, NULL);
    snprintf(body, sizeof body, "{\"name\":\"%0*d\"}", 3000, 2);
    expect(run(list_create, "author", NULL, "", body), OUTCOME_CREATED, NULL);
    expect_error(run(list_read, "author", NULL, "", NULL), ERROR_ANSWER_TOO_LARGE);
    expect(run(list_delete, "author", NULL, "name=like.000*", NULL), OUTCOME_NO_CONTENT, "");
}

static void health(void **state)
{
    (void)state;
    expect(run(health_live, "", NULL, "", NULL), OUTCOME_OK, "ok\n");
    expect(run(health_ready, "", NULL, "", NULL), OUTCOME_OK, "ok\n");
    draining = true;
    expect(run(health_ready, "", NULL, "", NULL), OUTCOME_UNREADY,
           "[-]migrations failed: not yet\n[-]shutdown failed: the server is shutting down\n"
           "readyz check failed\n");
    draining = false;
}

static void preferences(void **state)
{
    struct prefer p = {0};
    (void)state;

    prefer_parse(&p, slice_from("x=y, return=minimal ,return=representation, Count=Exact"));
    assert_int_equal(p.returns, PREFER_RETURN_MINIMAL);
    assert_int_equal(p.count, PREFER_COUNT_EXACT);
    prefer_parse(&p, slice_from(",,,"));
    prefer_parse(&p, slice_from(""));
}

static void problems(void **state)
{
    struct error e = error_none();
    struct buf b;
    (void)state;

    buf_init(&b, 4096);
    error_set(&e, ERROR_UNIQUE, "a \"quoted\" word");
    error_column(&e, "a/b~c");
    e.row = 2;
    problem_write(&b, &e, 409, "Conflict", slice_from("/t"));
    buf_add_char(&b, '\0');
    assert_string_equal(
        b.data, "{\"type\":\"about:blank\",\"title\":\"Conflict\",\"status\":409,\"detail\":\"a "
                "\\\"quoted\\\" word\",\"instance\":\"/t\",\"code\":\"23505\",\"message\":\"a "
                "\\\"quoted\\\" word\",\"details\":null,\"hint\":null,\"errors\":[{\"pointer\":"
                "\"/2/a~1b~0c\",\"column\":\"a/b~c\"}]}");
    buf_finish(&b);
}

static void the_end(void **state)
{
    struct call *c = run(health_live, "", NULL, "", NULL);
    (void)state;

    call_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reading),  cmocka_unit_test(creating),
        cmocka_unit_test(changing), cmocka_unit_test(answers_are_limited),
        cmocka_unit_test(health),   cmocka_unit_test(preferences),
        cmocka_unit_test(problems), cmocka_unit_test(the_end),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
