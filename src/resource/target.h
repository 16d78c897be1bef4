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

/* Resolves the table and parses the query string. */
bool target_list(struct call *call) __attribute__((warn_unused_result));

/* The same, and the filter is the row of the path: filters of the query string are refused. */
bool target_row(struct call *call) __attribute__((warn_unused_result));

/* Fails with ERROR_METHOD and sets Allow. Returns CALL_DONE. */
enum progress target_not_allowed(struct call *call, unsigned methods);

/* "first-last/total" as PostgREST writes it; total < 0 is unknown. */
void target_range(struct call *call, int64_t first, int64_t rows, int64_t total);

/* Appends to Preference-Applied. */
void target_applied(struct call *call, const char *preference);

/* The row that the tree's filter finds, as an object; target_row came before. */
enum progress target_answer_row(struct call *call);

/* The answer is the reply as JSON. */
enum progress target_json(struct call *call, enum outcome outcome);

#endif
