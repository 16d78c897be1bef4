/*
 * From a call's answer to a queued response.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_HTTP_REPLY_H
#define THIMBLE_HTTP_REPLY_H

#include <stdbool.h>

struct request;

/*
 * Queues the answer of request->call: status, header fields, body; a problem document if
 * it failed. The body stays in the call's buffer until the request ends. False if memory
 * is out: the connection is to be closed.
 */
bool reply_send(struct request *request);

/*
 * Queues the answer that an equal request got before, if it is kept and still holds. False if
 * there is none: the request is to be run.
 */
bool reply_again(struct request *request);

#endif
