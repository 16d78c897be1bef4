/*
 * HTTP's numbers, and the only place that knows which failure or outcome is which
 * (RFC 9110 §15).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_HTTP_STATUS_H
#define THIMBLE_HTTP_STATUS_H

#include "base/error.h"
#include "resource/call.h"

/* The status of a failure, 400…599: what SQL chose, or its code's. */
unsigned status_of_failure(const struct error *e);

/* The status of a code. */
unsigned status_of_error(enum error_code code);

/* The status of a call's outcome, its error's if it failed. */
unsigned status_of_call(const struct call *call);

/* The reason phrase, e.g. "Not Found"; static. */
const char *status_title(unsigned status);

/* Seconds for Retry-After with this failure, 0: none. */
unsigned status_retry_after(enum error_code code);

/* …for this one, which may know better; 0: it does not pass. */
unsigned status_retry_after_failure(const struct error *e);

#endif
