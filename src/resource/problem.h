/*
 * Failures as application/problem+json (RFC 9457), with PostgREST's code, message,
 * details and hint as extension members.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_RESOURCE_PROBLEM_H
#define THIMBLE_RESOURCE_PROBLEM_H

#include "base/buf.h"
#include "base/error.h"
#include "base/slice.h"

/*
 * Appends the document. `status` and `title` are http/'s words for the error; `instance`
 * is the request's path. `errors` names the column (as a JSON pointer into the body, with
 * the element's index when the body was an array) and the constraint, where known.
 */
void problem_write(struct buf *b, const struct error *e, int status, const char *title,
                   struct slice instance);

#endif
