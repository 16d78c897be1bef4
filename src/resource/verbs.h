/*
 * The verbs: one signature each, named by the route table. A verb reads the call and
 * leaves the answer in it. Called on the call's loop.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_RESOURCE_VERBS_H
#define THIMBLE_RESOURCE_VERBS_H

#include "resource/call.h"

typedef enum progress verb_fn(struct call *call);

/* /{table} */
verb_fn list_read;    /* GET, HEAD */
verb_fn list_create;  /* POST: one object or an array, all or nothing */
verb_fn list_update;  /* PATCH with a filter */
verb_fn list_delete;  /* DELETE with a filter */
verb_fn list_replace; /* PUT with the primary key as its filter */
verb_fn list_options; /* OPTIONS */

/* /{table}/{key} */
verb_fn row_read;    /* GET, HEAD */
verb_fn row_replace; /* PUT: create or replace */
verb_fn row_update;  /* PATCH: RFC 7396 */
verb_fn row_delete;  /* DELETE */
verb_fn row_options; /* OPTIONS */

/* /rpc/{name} */
verb_fn rpc_read;    /* GET, HEAD: parameters from the query string */
verb_fn rpc_call;    /* POST: parameters from the body */
verb_fn rpc_options; /* OPTIONS */
verb_fn rpc_refuse;  /* any other */

/* System paths. */
verb_fn openapi_read; /* /, /openapi.json */

/*
 * Methods that /{table} and /{table}/{key} allow, as METHOD_BITs: a view without
 * INSTEAD OF triggers is read-only.
 */
unsigned resource_list_methods(const struct table *table);
unsigned resource_row_methods(const struct table *table);

#endif
