/*
 * The header fields of an answer.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_HTTP_REPLY_FIELDS_H
#define THIMBLE_HTTP_REPLY_FIELDS_H

#include <stdbool.h>

struct MHD_Response;
struct request;

/* Adds all that the request's answer has. `outlives`: the response is kept, to be queued again. False
 * without memory. */
bool reply_fields_add(struct request *r, struct MHD_Response *response, bool outlives);

#endif
