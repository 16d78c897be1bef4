/*
 * The map of the service: which path and method is which verb. One const table.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_HTTP_ROUTE_H
#define THIMBLE_HTTP_ROUTE_H

#include "resource/call.h"
#include "resource/verbs.h"

/* Whose requests the route is for; for others there is nothing at its path. */
enum route_access {
    ROUTE_ANY,
    ROUTE_ADMIN, /* those that came by the operators' listener: call->admin */
};

struct route {
    const char *name;             /* for logs and metrics, e.g. "row" */
    const char *path;             /* a system path, matched whole; NULL: a resource */
    verb_fn *verbs[METHOD_OTHER]; /* by method; NULL: not allowed */
    enum route_access access;
};

/*
 * The route of call->path; for a resource it also sets table_name (decoded, in the
 * call's arena) and keys_text. NULL with call->error set to ERROR_NO_ROUTE (or
 * ERROR_SYNTAX for a malformed percent-encoding).
 */
const struct route *route_find(struct call *call);

/*
 * Finds the route and runs its verb. A method that the route does not have fails with
 * ERROR_METHOD and sets call->allow.
 */
enum progress route_run(struct call *call);

#endif
