/*
 * A body whose rows are taken one by one: one that is longer than memory has room for and waits in a file
 * (call->spool), or one of lines that may each be left out (Prefer: handling=lenient). All its rows are one
 * operation of one job, and so one transaction. The rules of columns and values are those of other bodies,
 * in memory of one row.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_RESOURCE_UPLOAD_H
#define THIMBLE_RESOURCE_UPLOAD_H

#include <stdbool.h>

#include "resource/call.h"

struct row_source;
struct upload;
struct write;

/*
 * On the loop, of a POST to a list whose body is, or will be, longer than --max-body: may it be kept in a
 * file? Its table, the right to INSERT, its type and what is preferred are looked at. False with
 * call->error, which is the answer; or without one: it is not of a form that has rows one by one. The call
 * is then to be forgotten (call_forget).
 */
bool upload_may_begin(struct call *call) __attribute__((warn_unused_result));

/* Is it JSON, and no array? As far as call->body, its beginning, tells: false while only blanks have come. */
bool upload_is_no_array(const struct call *call);

/* Are the rows of the body taken one by one? */
bool upload_is_meant(const struct call *call);

/* The POST of such a body: `w` is new. */
enum progress upload_create(struct call *call, struct write *w);

/* Where the operation that writes has its rows from. */
const struct row_source *upload_source(const struct upload *upload);

/* Is there an answer that says which rows were left out, in place of none? That answer. */
bool upload_tells(const struct upload *upload);
enum progress upload_answer(struct call *call, const struct write *w);

/* Frees what it holds. Takes NULL. */
void upload_finish(struct upload *upload);

#endif
