/*
 * What a call is about: its table, its row, its query string, and how its answer is
 * announced. Shared by the verbs.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_RESOURCE_TARGET_H
#define THIMBLE_RESOURCE_TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include "resource/call.h"

struct reading;

/* The parameters as a tree, call->tree; what of them is out of date is told in call->warning. */
bool target_parse(struct call *call) __attribute__((warn_unused_result));

/* Resolves the table, which the role must have the right to, chooses the form of the answer and parses the query string. */
bool target_list(struct call *call) __attribute__((warn_unused_result));

/* The same without a table: checks the profile, the preferences and Accept, and splits the query
 * string into call->parameters. */
bool target_begin(struct call *call) __attribute__((warn_unused_result));

/* The same without Accept: what answers has its own type. */
bool target_begin_any(struct call *call) __attribute__((warn_unused_result));

/* The Range header of a list that is read, as limit and offset. */
bool target_take_range(struct call *call) __attribute__((warn_unused_result));

/* Runs a plan's SELECT on the call's reader, each row into the sink. False with the error. */
bool target_read(struct call *call, const struct plan *plan, row_sink *sink, void *context)
    __attribute__((warn_unused_result));

/* The same where the sink may say ROW_PAUSE: `*rest` is then the reading (store/run/reader.h). */
enum reading_state target_read_on(struct call *call, const struct plan *plan, row_sink *sink,
                                  void *context, struct reading **rest)
    __attribute__((warn_unused_result));

/* The answer does not fit: records which limit it was. */
void target_no_room(struct call *call);

/* A list of what the source has: call->tree says which. */
enum progress target_answer_list(struct call *call, const struct plan_source *source);

/* The answer is SQLite's plan for the statement. */
enum progress target_answer_plan(struct call *call, const struct plan *plan);

/* Sets Preference-Applied; `follows` are PREFER_FOLLOWS_… */
void target_applied(struct call *call, unsigned follows);

/* The same, and the filter is the row of the path: filters of the query string are refused. */
bool target_row(struct call *call) __attribute__((warn_unused_result));

/* A change of a table, and the database is served read-only: fails with ERROR_READ_ONLY, and sets
 * Allow; or says that there is no such table. Returns CALL_DONE. */
enum progress target_read_only(struct call *call);

/* Fails with ERROR_METHOD and sets Allow. Returns CALL_DONE. */
enum progress target_not_allowed(struct call *call, unsigned methods);

/* False with ERROR_MAX_AFFECTED if Prefer: max-affected, with handling=strict, allows fewer rows. */
bool target_check_affected(struct call *call, size_t affected) __attribute__((warn_unused_result));

/* "first-last/total" as PostgREST writes it; total < 0 is unknown. */
void target_range(struct call *call, int64_t first, int64_t rows, int64_t total);

/* Link: the page after `row`, the last of a full one. False if that cannot be said: ERROR_MEMORY, or
 * ERROR_UNSUPPORTED of a URL longer than one may be. */
bool target_link(struct call *call, const struct row *row, const struct plan *plan)
    __attribute__((warn_unused_result));

/* The row that the tree's filter finds, as an object; target_row came before. */
enum progress target_answer_row(struct call *call);

/* The answer is the reply, in the form that was chosen. */
enum progress target_reply(struct call *call, enum outcome outcome);

/* The answer is the reply as plain JSON. */
enum progress target_json(struct call *call, enum outcome outcome);

#endif
