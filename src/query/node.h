/*
 * The tree of resources of one statement, resolved against the catalogue: which table each is,
 * how it hangs on its parent, what it is called in the SQL. Private to the plan.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_QUERY_NODE_H
#define THIMBLE_QUERY_NODE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "query/plan.h"
#include "query/relate.h"
#include "query/tree.h"

/* Columns that one resource may give (sqlite.org/limits.html). */
#define NODE_OUTPUTS_MAX 32000

struct node {
    const struct query_node *ask;
    const struct select_item *item; /* that embeds it; NULL: the root */
    const struct table *table;
    const struct routine_call *routine; /* the root of a named query, or NULL */
    struct link link;
    const struct plan_keys *keys; /* the root: these rows alone, or NULL */
    const char *from;             /* the root: what its rows are read from; NULL: table->quoted */
    int alias;                    /* tN in the SQL; -1: names stand alone */
    struct node *parent, *children, *next;
    size_t n_outputs; /* columns it gives, those of its spreads included */
    bool grouped;     /* some of them are aggregates */
    bool cacheable;   /* the root: no view or query is in it, whose functions may look at a clock */
};

/* The tree for plan_select and its like; NULL with the error. */
struct node *node_resolve(struct arena *arena, const struct plan_source *source,
                          const struct query_tree *tree, const struct plan_options *options,
                          struct error *e);

/* The child that an item of the node's select embeds. */
struct node *node_child(const struct node *node, const struct select_item *item);

/* True if its columns stand beside its parent's, by a join. */
static inline bool node_is_joined(const struct node *node)
{
    return node->item && node->item->kind == SELECT_SPREAD && node->link.to_one;
}

/* `count` without parentheses, where no column has the name: as PostgreSQL reads it. */
bool node_is_count(const struct node *node, const struct select_item *item);

#endif
