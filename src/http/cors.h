/*
 * Cross-origin requests of browsers (fetch.spec.whatwg.org, "CORS protocol"), for the origins
 * that --cors-origins names.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_HTTP_CORS_H
#define THIMBLE_HTTP_CORS_H

#include <stdbool.h>

#include "base/error.h"
#include "base/slice.h"

struct MHD_Response;
struct request;

/* True if `origins` ("", "*", or a list separated by commas) lets `origin` in. */
bool cors_allows(const char *origins, struct slice origin);

/* True if they let it in by its name, not as any: it may send credentials. "null" is no name. */
bool cors_names(const char *origins, struct slice origin);

/* False with ERROR_USAGE if one of the list is such that no browser ever sends it. */
bool cors_check(const char *origins, struct error *e) __attribute__((warn_unused_result));

/* True if the request only asks what it may do: an OPTIONS with Access-Control-Request-Method,
 * from an origin that is let in. */
bool cors_is_preflight(const struct request *r);

/* Adds what a browser must see; nothing if the request is from nowhere or from elsewhere. False
 * without memory. */
bool cors_add(const struct request *r, struct MHD_Response *response);

#endif
