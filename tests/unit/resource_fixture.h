/*
 * A real store with a writer, a reader and a completion queue, and verbs run on it to their end
 * without HTTP. One at a time; the caller pairs up and down as cmocka's group fixtures.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_TESTS_RESOURCE_FIXTURE_H
#define THIMBLE_TESTS_RESOURCE_FIXTURE_H

#include "resource/verbs.h"

struct fixture_request {
    verb_fn *verb;
    const char *table, *key, *query, *body, *content_type;
    struct prefer prefer;
    bool admin;
};

/* Opens a new database with `schema` in it. */
void fixture_up(const char *schema);
void fixture_down(void);

/* What the calls share, to be changed between two of them. */
struct service *fixture_service(void);

/* Runs a verb to its end, as a loop would. The call is good until the next. */
struct call *fixture_run(const struct fixture_request *request);
#define RUN(v, t, ...)                                                                             \
    fixture_run(&(struct fixture_request){.verb = (v), .table = (t), __VA_ARGS__})

/* The outcome and, unless NULL, the exact reply. */
void fixture_expect(struct call *call, enum outcome outcome, const char *reply);
void fixture_expect_error(struct call *call, enum error_code code);

#endif
