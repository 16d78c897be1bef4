/*
 * X-Request-Id: the client's, or one of our own.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_HTTP_REQUEST_ID_H
#define THIMBLE_HTTP_REQUEST_ID_H

struct request;

/* The request's id, made if none was given. */
const char *request_id(struct request *request);

#endif
