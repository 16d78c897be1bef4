/*
 * The scanner of one parameter's value, and the productions of the grammar. Private to
 * the grammar.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_QUERY_SCAN_H
#define THIMBLE_QUERY_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/slice.h"
#include "query/tree.h"

struct scan {
    struct arena *arena;
    struct error *error;
    struct slice name;              /* the parameter, decoded */
    struct slice text;              /* its value, decoded */
    size_t at;                      /* bytes of `text` that are read */
    size_t nodes;                   /* made so far, of GRAMMAR_NODES_MAX */
    int depth;                      /* of and=() and or=(), of GRAMMAR_DEPTH_MAX */
    struct condition **filter_tail; /* where the next condition of the tree goes */
};

/* Fails: `expected` says what would have been right at this place. Returns false. */
bool scan_fail(struct scan *s, const char *expected);
/* Fails with ERROR_UNSUPPORTED. Returns false. */
bool scan_unsupported(struct scan *s, const char *what, const char *hint);

/* The next byte, '\0' at the end. */
char scan_peek(const struct scan *s);
/* Reads `wanted` if it is next. */
bool scan_take(struct scan *s, char wanted);
/* Reads the word if it is next, whole. */
bool scan_take_word(struct scan *s, const char *word);
/* All that is left; reads it. */
struct slice scan_rest(struct scan *s);
/* True at the end of the value; fails otherwise. */
bool scan_end(struct scan *s);
/* A whole number from 0, to the end of the value. */
bool scan_whole_number(struct scan *s, int64_t *out);
/* Text up to one of `stops` (or the end), or a double-quoted string with \ escapes. */
bool scan_word(struct scan *s, const char *stops, struct slice *out);
/* Zeroed memory for a node; NULL (and failed) past the limits. */
void *scan_node(struct scan *s, size_t size);

/* select=, order= */
bool scan_select(struct scan *s, struct query_tree *tree);
bool scan_order(struct scan *s, struct query_tree *tree);

/* and=(…), or=(…), not.and=(…), not.or=(…), and column=operator.value */
bool scan_and(struct scan *s, struct query_tree *tree);
bool scan_or(struct scan *s, struct query_tree *tree);
bool scan_not_and(struct scan *s, struct query_tree *tree);
bool scan_not_or(struct scan *s, struct query_tree *tree);
bool scan_filter(struct scan *s, struct query_tree *tree);

#endif
