/*
 * From a query string to a tree: PostgREST's grammar. Knows no schema and no SQL.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_QUERY_GRAMMAR_H
#define THIMBLE_QUERY_GRAMMAR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "query/tree.h"

/* Nesting of and=() and or=() beyond this is refused. */
#define GRAMMAR_DEPTH_MAX 16

/* Conditions, order terms, select items and list members in one request, together. */
#define GRAMMAR_NODES_MAX 4096

/*
 * Parses the raw (still percent-encoded) query string without its '?'. False with
 * ERROR_SYNTAX (naming the parameter and the place) or ERROR_UNSUPPORTED (an operator
 * that SQLite cannot mean, with a hint). The tree lives in `arena`.
 */
bool grammar_parse(struct arena *arena, struct slice query, struct query_tree *out, struct error *e)
    __attribute__((warn_unused_result));

#endif
