/*
 * The fields that answers have for browsers and caches, and a quick way to add fields.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_HTTP_FIELDS_H
#define THIMBLE_HTTP_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

struct MHD_Response;
struct loop;
struct request;

/* What is ours from end to end is gathered as text in the loop, and given to the response at once:
 * each field by itself would cost it 500 instructions and three allocations.
 * fields_begin: none yet. fields_end: they are the response's; until its header section is built, which
 * is when the access handler returns, or for as long as it lives. False without memory, as all below. */
void fields_begin(struct loop *loop);
bool fields_end(struct loop *loop, struct MHD_Response *response, bool outlives);

/* Adds a field whose value is ours: nothing looks for line ends in it. Nothing if it is empty. */
bool fields_own(const struct request *r, struct slice name, struct slice value);

/* Content-Type, X-Content-Type-Options, Vary and Cache-Control: each answer has them. */
bool fields_fixed(const struct request *r, struct MHD_Response *response);

/* Those that depend on the request: CORS, Accept-Encoding, Server-Timing. */
bool fields_policies(const struct request *r, struct MHD_Response *response);

#endif
