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
#include "query/grammar.h"
#include "query/tree.h"

struct scan {
    struct arena *arena;
    struct error *error;
    const char *what;  /* what an error calls the text: "select parameter" */
    struct slice text; /* decoded */
    size_t at;         /* bytes of `text` that are read */
    size_t before;     /* of a logic tree: its own word, which is counted, too, as in PostgREST */
    const struct grammar_limits *limits;
    int64_t parts, conditions, embeds;  /* so far */
    int64_t depth;                      /* of trees and embedded resources, now */
    const struct select_item *old_name; /* found by its relation's name though it has an alias */
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
/* A whole number, perhaps below 0, to the end of the value. */
bool scan_integer(struct scan *s, int64_t *out);
/* What a double-quoted string with \ escapes stands for; its first quote is next. */
bool scan_quoted(struct scan *s, struct slice *out);
/* Text up to one of `stops` (or the end), or a double-quoted string with \ escapes. */
bool scan_word(struct scan *s, const char *stops, struct slice *out);
/* `n` more parts, conditions, embedded resources; false (and failed) past the limit. */
bool scan_count(struct scan *s, size_t n);
bool scan_count_conditions(struct scan *s, size_t n);
bool scan_count_embed(struct scan *s);
/* Zeroed memory for a node; NULL (and failed) past the limits. */
void *scan_node(struct scan *s, size_t size);
/* One level deeper; false (and failed) past the limit. */
bool scan_enter(struct scan *s);
void scan_leave(struct scan *s);

/* ---- scan_field.c: names and fields */

/* True for what a name without quotes is made of: letters (all beyond ASCII are), digits, _, $ and
 * blanks. A dash is one, too, but for the first and one that begins an arrow. */
bool scan_is_name_byte(char c);

/* A field's name: letters, digits, _ $, spaces within, dashes; or anything in quotes. */
bool scan_name(struct scan *s, struct slice *out);
/* ->key->0->>key after a name; none is well, too. */
bool scan_json_path(struct scan *s, struct field *field);
/* A name and its JSON path. */
bool scan_field(struct scan *s, struct field *out);
/* name,name,… to the end */
bool scan_names(struct scan *s, struct name_item **out);
/* order= */
bool scan_order(struct scan *s, struct query_node *node);

/* ---- scan_path.c: from a node of the tree into those that it embeds */

/* name.name.field to the end; *node goes from name to name. */
bool scan_path(struct scan *s, struct query_node **node, struct field *field);
/* The same without a field, for a path that ends in its dot; an empty one is none. */
bool scan_node_path(struct scan *s, struct slice path, struct query_node **node);

/* ---- scan_select.c: select= */

bool scan_select(struct scan *s, struct query_node *node);

/* ---- scan_operator.c */

/* True if a value begins as a filter's does: operator. or not.operator. */
bool scan_is_filter(struct slice value);
/* operator. or operator(any). */
bool scan_operator(struct scan *s, struct condition *c);

/* ---- scan_filter.c */

/* [not.]operator.value to the end, for the field that `out` has already. */
bool scan_comparison(struct scan *s, struct condition *out);
/* (member,…): the children of `out`. */
bool scan_tree(struct scan *s, struct condition *out);

#endif
