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
    X(IN, "in")                                                                                    \
    X(IS, "is")

enum tree_operator {
#define TREE_ENUM(name, word) OPERATOR_##name,
    TREE_OPERATORS(TREE_ENUM)
#undef TREE_ENUM
};

enum condition_kind { CONDITION_AND, CONDITION_OR, CONDITION_COMPARE };

struct condition {
    enum condition_kind kind;
    bool negated;
    struct condition *next;     /* sibling under the same parent */
    struct condition *children; /* CONDITION_AND, CONDITION_OR: first child */
    struct slice column;        /* CONDITION_COMPARE: the name as asked for */
    enum tree_operator op;
    struct slice value; /* decoded and unquoted; not used by OPERATOR_IN */
    struct slice *list; /* OPERATOR_IN */
    size_t n_list;
};

enum nulls_order { NULLS_DEFAULT, NULLS_FIRST, NULLS_LAST };

struct order_term {
    struct order_term *next;
    struct slice column;
    bool descending;
    enum nulls_order nulls;
};

struct select_item {
    struct select_item *next;
    bool star; /* every column; `column` is not used */
    struct slice column;
    struct slice alias; /* the JSON name asked for, or empty */
};

struct query_tree {
    struct select_item *select; /* NULL: every column */
    struct condition *filter;   /* siblings, all of which must hold; NULL: every row */
    struct order_term *order;
    int64_t limit; /* -1: none asked for */
    int64_t offset;
    bool all; /* ?all=true: a change of a whole collection is meant */
};

#endif
