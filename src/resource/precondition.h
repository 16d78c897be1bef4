/*
 * Conditional requests (RFC 9110 §13). The entity tag of an answer is a hash of its bytes: it is
 * the same from every loop, after a restart and from another process, as long as the answer is.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_RESOURCE_PRECONDITION_H
#define THIMBLE_RESOURCE_PRECONDITION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

struct call;

/* An ETag field's value, quotes and NUL included. */
#define ENTITY_TAG_SIZE 19

/* The tag of an answer with this body and this Content-Range; never 0, which is no tag. */
uint64_t precondition_tag(struct slice body, struct slice content_range);

/* Writes it as a strong one (RFC 9110 §8.8.3). */
void precondition_text(uint64_t tag, char out[ENTITY_TAG_SIZE]);

/* True if If-None-Match names `tag`, or is "*" (weak comparison, RFC 9110 §13.1.2). */
bool precondition_none_match_names(const struct call *call, uint64_t tag);

/* Does the request come with If-Match or If-None-Match? */
bool precondition_is_given(const struct call *call);

/*
 * Whether the method is to be done on what is there: `tag` is that of the current representation,
 * 0 if there is none. False with ERROR_PRECONDITION. An If-None-Match of a GET or HEAD is not
 * looked at: see precondition_answer.
 */
bool precondition_holds(struct call *call, uint64_t tag) __attribute__((warn_unused_result));

/*
 * For GET and HEAD, when the whole answer is there: gives it its tag. It becomes
 * OUTCOME_NOT_MODIFIED, or fails, by the request's preconditions.
 */
void precondition_answer(struct call *call);

/* False with ERROR_UNSUPPORTED if there are preconditions, for what has no tag to compare. */
bool precondition_none(struct call *call) __attribute__((warn_unused_result));

#endif
