/*
 * PostgreSQL's @> and <@ over JSON (postgresql.org/docs/current/datatype-json.html#JSON-CONTAINMENT),
 * and && of arrays, as an SQL function for statements made from requests:
 *
 *   thimble_json(operation, document, wanted, literal)
 *
 * 1, 0, or NULL if the document is NULL or no JSON. `wanted` is JSON; as `literal` it is a JSON array
 * of strings, the members of an array literal: each means a string, and the number or the boolean
 * that it spells.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_DB_JSON_CONTAINS_H
#define THIMBLE_STORE_DB_JSON_CONTAINS_H

#include <stdbool.h>

#include "base/error.h"

struct db;

enum json_operation {
    JSON_CONTAINS,  /* the document has all that is wanted */
    JSON_CONTAINED, /* the document has nothing else */
    JSON_OVERLAPS,  /* the document, an array, has one of those that are wanted */
};

/* Nesting of what is wanted. */
#define JSON_WANTED_DEPTH 100

bool json_contains_register(struct db *db, struct error *e) __attribute__((warn_unused_result));

#endif
