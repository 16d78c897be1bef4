/*
 * Who sends a request: from how far, and by which token or key.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_HTTP_WHO_H
#define THIMBLE_HTTP_WHO_H

#include <stdbool.h>

#include "http/connection.h"
#include "http/request.h"
#include "store/store.h"

/*
 * With access files: sets the request's principal, and its call's role and claims. Without: looks
 * whether the caller may be served at all. False with the call's error. Only for requests of whom
 * who_matters.
 */
bool who_check(struct request *request) __attribute__((warn_unused_result));

/* Is there anything to look at? There is not for whoever is near while there are no access files. */
static inline bool who_matters(const struct request *r)
{
    return r->is_far || store_has_access(r->call.service->store);
}

/* Room for a challenge and its NUL: an error's message is in it. */
#define WHO_CHALLENGE_MAX 512

/* The value of WWW-Authenticate (RFC 6750 §3) with this failure of status 401. */
void who_challenge(const struct error *e, char out[WHO_CHALLENGE_MAX]);

#endif
