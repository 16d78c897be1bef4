/*
 * The parse tree of a query string: what a client asks for, before anyone has looked
 * at the schema. All nodes and slices live in the request's arena or in the URL.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_QUERY_TREE_H
#define THIMBLE_QUERY_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

/* X(name, word): the operators of a filter, as PostgREST spells them. */
#define TREE_OPERATORS(X)                                                                          \
    X(EQ, "eq")                                                                                    \
    X(NEQ, "neq")                                                                                  \
    X(GT, "gt")                                                                                    \
    X(GTE, "gte")                                                                                  \
    X(LT, "lt")                                                                                    \
    X(LTE, "lte")                                                                                  \
    X(LIKE, "like")                                                                                \
    X(ILIKE, "ilike")                                                                              \
    X(MATCH, "match")                                                                              \
    X(IMATCH, "imatch")                                                                            \
    X(ISDISTINCT, "isdistinct")                                                                    \
    X(IN, "in")                                                                                    \
    X(IS, "is")                                                                                    \
    X(CS, "cs")                                                                                    \
    X(CD, "cd")                                                                                    \
    X(OV, "ov")                                                                                    \
    X(FTS, "fts")                                                                                  \
    X(PLFTS, "plfts")                                                                              \
    X(PHFTS, "phfts")                                                                              \
    X(WFTS, "wfts")

enum tree_operator {
#define TREE_ENUM(name, word) OPERATOR_##name,
    TREE_OPERATORS(TREE_ENUM)
#undef TREE_ENUM
};

/* X(name, word): aggregate functions of a select item. */
#define TREE_AGGREGATES(X)                                                                         \
    X(COUNT, "count")                                                                              \
    X(SUM, "sum")                                                                                  \
    X(AVG, "avg")                                                                                  \
    X(MIN, "min")                                                                                  \
    X(MAX, "max")

enum tree_aggregate {
    AGGREGATE_NONE,
#define TREE_ENUM(name, word) AGGREGATE_##name,
    TREE_AGGREGATES(TREE_ENUM)
#undef TREE_ENUM
};

/* One arrow of a JSON path: ->key or ->0; a negative index counts from the end. */
struct json_step {
    struct json_step *next;
    struct slice key; /* the digits with their sign, if it is an index */
    bool is_index;
};

/* A column, or what a JSON path finds in it. */
struct field {
    struct slice name;
    struct json_step *path;
    bool as_text; /* the last arrow is ->> */
};

enum condition_kind { CONDITION_AND, CONDITION_OR, CONDITION_COMPARE };
enum quantifier { QUANTIFIER_NONE, QUANTIFIER_ANY, QUANTIFIER_ALL };

struct condition {
    enum condition_kind kind;
    bool negated;
    struct condition *next;     /* sibling under the same parent */
    struct condition *children; /* CONDITION_AND, CONDITION_OR: first child */
    struct field field;         /* CONDITION_COMPARE: the column, or an embedded resource */
    enum tree_operator op;
    enum quantifier quantifier;  /* over `list` */
    const struct condition *key; /* of a path: the first of its key's, by which one row is meant */
    struct slice value;          /* decoded and unquoted; not used when there is a list */
    struct slice *list;          /* OPERATOR_IN and quantifiers */
    size_t n_list;
};

enum nulls_order { NULLS_DEFAULT, NULLS_FIRST, NULLS_LAST };

struct order_term {
    struct order_term *next;
    struct slice relation; /* the to-one embedded resource that has the field, or empty */
    struct field field;
    bool descending;
    enum nulls_order nulls;
};

struct select_item;

/* A resource that is asked for: the one of the path, or an embedded one. */
struct query_node {
    struct select_item *select;     /* NULL: every column, unless select_none */
    bool select_none;               /* an embed with empty parentheses */
    struct condition *filter;       /* siblings, all of which must hold; NULL: every row */
    struct condition **filter_tail; /* where the next one goes */
    struct order_term *order;
    int64_t limit; /* -1: none asked for */
    int64_t offset;
};

enum select_kind {
    SELECT_STAR,   /* every column */
    SELECT_FIELD,  /* a field, perhaps cast and aggregated */
    SELECT_COUNT,  /* count() of the rows */
    SELECT_EMBED,  /* relation(…): nested under its name */
    SELECT_SPREAD, /* ...relation(…): its columns beside the others */
};

/* A type to cast to: numeric(10,2). */
#define CAST_MODIFIERS 2

struct cast_ask {
    struct slice type; /* empty: none is asked for */
    int n_modifiers;
    int modifiers[CAST_MODIFIERS];
};

struct select_item {
    struct select_item *next;
    enum select_kind kind;
    struct slice alias; /* the JSON name asked for, or empty */

    struct field field;             /* SELECT_FIELD */
    struct cast_ask cast;           /* before the aggregate */
    enum tree_aggregate aggregate;  /* … */
    struct cast_ask aggregate_cast; /* of the aggregate's value */

    struct slice relation;   /* SELECT_EMBED, SELECT_SPREAD: table, constraint or column */
    struct slice hint;       /* which relation is meant, or empty */
    bool inner;              /* only rows that have one */
    struct query_node *node; /* what is asked of it */
};

/* A column named by columns= or on_conflict=. */
struct name_item {
    struct name_item *next;
    struct slice name;
};

struct query_tree {
    struct query_node root;
    bool all;                      /* ?all=true: a change of a whole collection is meant */
    bool has_cursor;               /* ?cursor=: pages by key */
    struct slice cursor;           /* …after this place; empty: from the beginning */
    struct name_item *columns;     /* of the body, that are looked at; NULL: all */
    struct name_item *on_conflict; /* of a unique key; NULL: the primary key */
    /* An embedded resource that a parameter calls by its relation's name though it has an alias: to
     * be warned of; or NULL. */
    const struct select_item *old_name;
};

/* A parameter with its value, decoded, in the order of the query string. */
struct parameter {
    struct parameter *next;
    struct slice name;
    struct slice value;
};

#endif
