/*
 * The paths of accounts, beside the map of the others (http/route.h).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_HTTP_ACCOUNT_ROUTE_H
#define THIMBLE_HTTP_ACCOUNT_ROUTE_H

#include "http/route.h"

/* The route of call->path; NULL if it is none of these, or there are no accounts. */
const struct route *account_route(const struct call *call);

/* Does it answer whoever asks, whatever credentials they send? Who signs up or in is nobody yet, and
 * clients send the key of the anonymous role as if it were a token. */
bool account_route_is_open(const struct route *route);

/* One of them, for what they have in common. */
const struct route *account_route_any(void);

#endif
