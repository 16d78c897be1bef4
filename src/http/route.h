/*
 * The map of the service: which path and method is which verb. One const table.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_HTTP_ROUTE_H
#define THIMBLE_HTTP_ROUTE_H

#include "resource/call.h"
#include "resource/verbs.h"

/* What the metrics tell apart: as many series as there are kinds, whatever is asked for. */
enum route_kind {
    ROUTE_NONE, /* no such path, or refused before one was looked for */
    ROUTE_HEALTHZ,
    ROUTE_LIVEZ,
    ROUTE_READYZ,
    ROUTE_METRICS,
    ROUTE_OPENAPI,
    ROUTE_BACKUP,
    ROUTE_LIST,
    ROUTE_ROW,
    ROUTE_RPC,
    ROUTE_ACCOUNTS,
    ROUTE_KINDS,
};

/* Which listener serves it. */
enum route_access {
    ROUTE_MAIN,      /* --listen */
    ROUTE_OPERATORS, /* --metrics-listen; without it --listen */
    ROUTE_ADMIN,     /* --metrics-listen; with access files also --listen */
};

struct route {
    const char *name; /* for logs and metrics, e.g. "row" */
    enum route_kind kind;
    enum route_access access;
    const char *path;             /* a system path, matched whole; NULL: a resource */
    verb_fn *verbs[METHOD_OTHER]; /* by method; NULL: not allowed */
    unsigned moves;               /* METHOD_BITs of those that may go on in the reader lane */
};

/*
 * The route of call->path; for a resource it also sets table_name (decoded, in the
 * call's arena) and keys_text. NULL with call->error set to ERROR_NO_ROUTE (or
 * ERROR_SYNTAX for a malformed percent-encoding).
 */
const struct route *route_find(struct call *call);

/*
 * Finds the route and runs its verb; *found is the route, NULL if there is none. One that this
 * listener does not serve fails with ERROR_NO_ROUTE, a method that the route does not have with
 * ERROR_METHOD and sets call->allow.
 */
enum progress route_run(struct call *call, const struct route **found);

/* Does it answer anybody? The probes, /metrics, and OPTIONS *. What is not there does not. */
bool route_is_open(const struct call *call);

struct catalog;

/* Logs a warning for each table that cannot be reached as others are: a path of the service's own
 * is in the way. */
void route_warn(const struct catalog *catalog, const char *base_path);

#endif
