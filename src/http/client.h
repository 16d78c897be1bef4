/*
 * Who is asking, as far as addresses tell: the peer, or who it is that a trusted proxy asks for.
 * The loop's thread.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_HTTP_CLIENT_H
#define THIMBLE_HTTP_CLIENT_H

#include "base/slice.h"

struct request;

/* A field line, Forwarded and X-Forwarded-For; of nobody but trusted proxies is it looked at. */
void client_take_forwarded(struct request *request, struct slice value);
void client_take_forwarded_for(struct request *request, struct slice value);

/* After the header section of a trusted proxy's request: sets request->client, and whose share of what all
 * have the call takes. */
void client_find(struct request *request);

#endif
