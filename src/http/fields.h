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
struct request;

/* Adds a field whose value is ours from end to end: nothing looks for line ends in it. Nothing if
 * it is empty. False without memory, as all below. */
bool fields_own(struct MHD_Response *response, struct slice name, struct slice value);

/* Content-Type, and behind it as one text X-Content-Type-Options, Vary and Cache-Control: each answer
 * has them, and each by itself would cost 1,600 instructions. */
bool fields_fixed(const struct request *r, struct MHD_Response *response);

/* Those that depend on the request: CORS, Accept-Encoding, Server-Timing. */
bool fields_policies(const struct request *r, struct MHD_Response *response);

#endif
