/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "resource_fixture.h"

#include <poll.h>

#include "base/clock.h"
#include "store/run/reader.h"
#include "store/store.h"

static struct store store;
static struct writer *writer;
static struct reader *reader;
static struct completion_queue completions;
static struct service service;
static _Atomic bool draining;
static struct call call; /* used again and again, as a loop's are */

static bool migrated(const struct service *s, struct reader *snapshot, struct error *e)
{
    (void)s, (void)snapshot, (void)e;
    return true;
}

void fixture_up(const char *schema)
{
    const struct writer_options writer_options = {
        .queue_max = 100, .slow_max = 10, .batch_max = 10, .checkpoint_pages = 1000};
    const struct db_options options = db_options_default();
    const char *path = unit_database();
    struct error e = error_none();

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
        .max_elements = 100,
        .max_depth = 8,
        .max_answer = 1 << 20,
        .max_url = 8192,
        .base_path = "",
        .draining = &draining,
        .migrated = migrated,
    };
}

void fixture_down(void)
{
    call_free(&call);
    reader_close(reader);
    writer_stop(writer);
    store_close(&store);
    completion_queue_finish(&completions);
}

struct service *fixture_service(void)
{
    return &service;
}

struct call *fixture_run(const struct fixture_request *request)
{
    call_finish(&call);
    call_init(&call, &service);
    call.reader = reader;
    call.completions = &completions;
    call.now_us = clock_us();
    call.table_name = slice_from(request->table);
    call.keys_text = slice_from(request->key);
    call.query = slice_from(request->query);
    call.content_type = slice_from(request->content_type);
    call.prefer = request->prefer;
    call.admin = request->admin;
    call.body.max = 100000;
    if (request->body)
        buf_add_text(&call.body, request->body);
    for (enum progress p = request->verb(&call); p == CALL_WAITING; p = call.finish(&call)) {
        struct pollfd wait = {.fd = completions.wake_fd, .events = POLLIN};

        assert_int_equal(poll(&wait, 1, 10000), 1);
        assert_non_null(completion_queue_take(&completions));
    }
    return &call;
}

void fixture_expect(struct call *c, enum outcome outcome, const char *reply)
{
    if (c->outcome != outcome)
        fail_msg("outcome %d: %s", c->outcome, c->error.message);
    if (reply && !slice_is(buf_slice(&c->reply), reply))
        fail_msg("reply: %.*s", SLICE_ARG(buf_slice(&c->reply)));
}

void fixture_expect_error(struct call *c, enum error_code code)
{
    if (c->outcome != OUTCOME_FAILED || c->error.code != code)
        fail_msg("outcome %d, %s: %s", c->outcome, error_code_text(c->error.code),
                 c->error.message);
}
