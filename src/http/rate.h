/*
 * How many requests a client may send in a time, as HTTP tells it: --rate-limit.
 * The loop's thread.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_HTTP_RATE_H
#define THIMBLE_HTTP_RATE_H

#include <stdbool.h>

struct MHD_Response;
struct request;

/*
 * Takes the request from its client's bucket, sets request->quota; false, with ERROR_RATE in the place of
 * what the call's error was, if that is empty. The client is the principal, if one is `known`, else the
 * address. Probes, /metrics, preflights and the operators' listener are not counted.
 */
bool rate_check(struct request *request, bool known) __attribute__((warn_unused_result));

/* Adds RateLimit and RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers-11), if the request was counted. */
bool rate_fields(const struct request *request, struct MHD_Response *response)
    __attribute__((warn_unused_result));

#endif
