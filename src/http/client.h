/*
 * Who is asking, as far as addresses tell: the peer, or who it is that a trusted proxy asks for.
 * The loop's thread.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_HTTP_CLIENT_H
#define THIMBLE_HTTP_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

struct request;

/* A field line, Forwarded and X-Forwarded-For; of nobody but trusted proxies is it looked at. */
void client_take_forwarded(struct request *request, struct slice value);
void client_take_forwarded_for(struct request *request, struct slice value);

/* After the header section of a trusted proxy's request: sets request->client, and whose share of what all
 * have the call takes. */
void client_find(struct request *request);

/* Did the request say, by a token or a key that holds, who sends it? After who_check. */
bool client_is_principal(const struct request *request);

/* From then on the call takes the principal's share, wherever it is sent from. */
void client_is_known(struct request *request);

/* Two numbers that tell one client from another: a principal, which is its role and its claim "sub", for a new
 * token is no new client, or all claims where there is none; or an address. Both 0: a unix socket's peer. */
void client_key(const struct request *request, bool principal, uint64_t out[2]);

#endif
