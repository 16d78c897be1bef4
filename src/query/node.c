/* SPDX-License-Identifier: MIT */
#include "query/node.h"

#include "query/rights.h"

struct resolver {
    struct arena *arena;
    const struct plan_options *options;
    struct error *error;
    int made;
    bool cacheable;
};

struct node *node_child(const struct node *node, const struct select_item *item)
{
    struct node *child = node->children;

    while (child && child->item != item)
        child = child->next;
    return child;
}

/* count as PostgREST's old spelling has it: where no column has that name. */
static bool is_bare_count(const struct node *node, const struct select_item *item)
{
    if (item->kind != SELECT_FIELD || item->field.path || item->aggregate)
        return false;
    return slice_is(item->field.name, "count") && table_column(node->table, item->field.name) < 0;
}

bool node_is_count(const struct node *node, const struct select_item *item)
{
    return item->kind == SELECT_COUNT || is_bare_count(node, item);
}

static struct node *resolve(struct resolver *r, const struct query_node *ask,
                            const struct table *table, struct node *parent);

static bool add_child(struct resolver *r, struct node *node, struct node ***tail,
                      const struct select_item *item)
{
    struct link link;
    struct node *child;

    if (!relate(r->arena, node->table, item->relation, item->hint, &link, r->error))
        return false;
    child = resolve(r, item->node, link.target, node);
    if (!child)
        return false;
    child->item = item;
    child->link = link;
    **tail = child;
    *tail = &child->next;
    if (item->kind == SELECT_SPREAD) {
        node->n_outputs += child->n_outputs;
        node->grouped |= link.to_one && child->grouped;
    } else if (child->n_outputs > 0) { /* nothing is shown of one that shows nothing */
        node->n_outputs++;
    }
    return true;
}

static bool check_aggregate(struct resolver *r, struct node *node, const struct select_item *item)
{
    node->grouped = true;
    node->n_outputs++;
    if (!item->aggregate || r->options->aggregates)
        return true;
    return error_set(r->error, ERROR_AGGREGATES, "Use of aggregate functions is not allowed");
}

static bool add_item(struct resolver *r, struct node *node, struct node ***tail,
                     const struct select_item *item)
{
    switch (item->kind) {
    case SELECT_STAR: node->n_outputs += node->table->n_readable; return true;
    case SELECT_EMBED:
    case SELECT_SPREAD: return add_child(r, node, tail, item);
    default: break;
    }
    if (item->aggregate || node_is_count(node, item))
        return check_aggregate(r, node, item);
    node->n_outputs++;
    return true;
}

static bool add_items(struct resolver *r, struct node *node)
{
    struct node **tail = &node->children;

    for (const struct select_item *item = node->ask->select; item; item = item->next) {
        if (!add_item(r, node, &tail, item))
            return false;
    }
    return true;
}

/* Recursion is bounded by the limit of nesting. */
static struct node *resolve(struct resolver *r, const struct query_node *ask,
                            const struct table *table, struct node *parent)
{
    struct node *node = arena_zeroed(r->arena, 1, sizeof *node);

    if (!node) {
        error_set(r->error, ERROR_MEMORY, "out of memory");
        return NULL;
    }
    if (!rights_has(table, RIGHT_SELECT)) {
        rights_refuse(table, r->error);
        return NULL;
    }
    /* What a view or a query says may depend on the clock, and so may what some policies say. */
    r->cacheable &= table->kind == TABLE_TABLE && !table->unsteady;
    *node = (struct node){.ask = ask, .table = table, .parent = parent, .alias = r->made++};
    if (!ask->select && !ask->select_none)
        node->n_outputs = table->n_readable;
    if (!add_items(r, node))
        return NULL;
    if (node->n_outputs > NODE_OUTPUTS_MAX) {
        error_set(r->error, ERROR_SYNTAX, "more than %d columns are selected", NODE_OUTPUTS_MAX);
        return NULL;
    }
    return node;
}

struct node *node_resolve(struct arena *arena, const struct plan_source *source,
                          const struct query_tree *tree, const struct plan_options *options,
                          struct error *e)
{
    struct resolver r = {
        .arena = arena, .options = options, .error = e, .cacheable = !source->routine};
    struct node *root = resolve(&r, &tree->root, source->table, NULL);

    if (!root)
        return NULL;
    root->routine = source->routine;
    root->cacheable = r.cacheable;
    if (!root->children && !root->routine)
        root->alias = -1;
    return root;
}
