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
    const char *what;  /* what an error calls the text: "select parameter" */
    struct slice text; /* decoded */
    size_t at;         /* bytes of `text` that are read */
    size_t nodes;      /* made so far, of GRAMMAR_NODES_MAX */
    size_t conditions; /* of GRAMMAR_CONDITIONS_MAX */
    int depth;         /* of trees, of GRAMMAR_DEPTH_MAX */
};

/* ---- scan.c: characters, words, nodes */

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
/* Reads spaces and tabs. */
void scan_spaces(struct scan *s);
/* All that is left; reads it. */
struct slice scan_rest(struct scan *s);
/* True at the end of the value; fails otherwise. */
bool scan_end(struct scan *s);
/* A whole number from 0, to the end of the value. */
bool scan_whole_number(struct scan *s, int64_t *out);
/* What a double-quoted string with \ escapes stands for; its first quote is next. */
bool scan_quoted(struct scan *s, struct slice *out);
/* Text up to one of `stops` (or the end), or a double-quoted string with \ escapes. */
bool scan_word(struct scan *s, const char *stops, struct slice *out);
/* One more part of the query; false (and failed) past the limit. */
bool scan_count(struct scan *s);
/* Zeroed memory for a node; NULL (and failed) past the limits. */
void *scan_node(struct scan *s, size_t size);
/* One level deeper; false (and failed) past the limit. */
bool scan_enter(struct scan *s);
void scan_leave(struct scan *s);

/* ---- scan_field.c: names and fields */

/* A field's name: letters, digits, _ $, spaces within, dashes; or anything in quotes. */
bool scan_name(struct scan *s, struct slice *out);
/* A name and its JSON path. */
bool scan_field(struct scan *s, struct field *out);
/* name,name,… to the end */
bool scan_names(struct scan *s, struct name_item **out);
/* select=, order= */
bool scan_select(struct scan *s, struct query_node *node);
bool scan_order(struct scan *s, struct query_node *node);

/* ---- scan_filter.c */

/* [not.]operator.value to the end, for the field that `out` has already. */
bool scan_comparison(struct scan *s, struct condition *out);
/* (member,…): the children of `out`. */
bool scan_tree(struct scan *s, struct condition *out);

#endif
