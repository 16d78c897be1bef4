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

/* What one request may ask for at most (settings max-conditions, max-nesting, max-embeds, max-offset,
 * max-parts); SQLite has limits of its own behind these (sqlite.org/limits.html). */
struct grammar_limits {
    int64_t conditions; /* comparisons and trees */
    int64_t nesting;    /* of and=(), or=() and embedded resources, together */
    int64_t embeds;     /* embedded resources */
    int64_t offset; /* of a list, also of related rows; 0: no limit. SQLite passes over each row */
    int64_t parts;  /* conditions, order terms, select items, path steps and list members */
};

/* The settings' defaults. */
extern const struct grammar_limits grammar_default_limits;

/*
 * Takes the raw (still percent-encoded) query string without its '?' apart. False with
 * ERROR_SYNTAX. The list lives in `arena`.
 */
bool grammar_split(struct arena *arena, struct slice query, struct parameter **out, struct error *e)
    __attribute__((warn_unused_result));

/*
 * Parses parameters into a tree. False with ERROR_SYNTAX (naming the parameter and the
 * place), ERROR_UNSUPPORTED (an operator that SQLite cannot mean, with a hint) or
 * ERROR_NOT_EMBEDDED (a parameter for an embedded resource that select= does not name).
 * The tree lives in `arena`; `out` must stay where it is while it is used. No `limits`: the
 * default ones.
 */
bool grammar_parse(struct arena *arena, const struct parameter *parameters,
                   const struct grammar_limits *limits, struct query_tree *out, struct error *e)
    __attribute__((warn_unused_result));

/* False with ERROR_SYNTAX, and a hint at cursor=, for an offset past the limit. No `limits`: the
 * default ones. */
bool grammar_check_offset(const struct grammar_limits *limits, int64_t offset, struct error *e)
    __attribute__((warn_unused_result));

/* True for select, order, limit and the other parameters that are no filters, with the path of an
 * embedded resource before them or not. */
bool grammar_is_reserved(struct slice name);

/* The embedded resource of `node` that parameters and filters know by this name (its alias if it
 * has one), or NULL. */
struct select_item *grammar_find_embed(const struct query_node *node, struct slice name);

#endif
