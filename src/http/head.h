/*
 * The header section of a request: what the call needs of it, and its limits.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_HTTP_HEAD_H
#define THIMBLE_HTTP_HEAD_H

#include <stdbool.h>

struct request;

/* Takes the method and the header fields into the request, in one pass over them. */
void head_read(struct request *request, const char *method);

/* False, with the call's error set, if the connection or the header section is over a limit. */
bool head_check(struct request *request);

#endif
