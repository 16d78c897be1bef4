/*
 * Requests that a page of another origin makes a browser send: a form, fetch in mode no-cors, a
 * beacon. None of them asks before; so what would change something is looked at here.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_HTTP_ORIGIN_H
#define THIMBLE_HTTP_ORIGIN_H

#include <stdbool.h>

struct request;

/*
 * False with ERROR_ORIGIN if the request would change something (POST, PUT, PATCH, DELETE) and comes
 * from a page of another origin that --cors-origins does not let in. What says neither Sec-Fetch-Site
 * (w3.org/TR/fetch-metadata) nor Origin comes from no page.
 */
bool origin_check(struct request *r);

#endif
