/*
 * Paths of parameters' names: through embedded resources to a field, or to the resource itself.
 *
 * SPDX-License-Identifier: MIT
 */
#include "query/grammar.h"
#include "query/scan.h"

static bool is_embed(const struct select_item *item)
{
    return item->kind == SELECT_EMBED || item->kind == SELECT_SPREAD;
}

struct select_item *grammar_find_embed(const struct query_node *node, struct slice name)
{
    for (struct select_item *item = node->select; item; item = item->next) {
        if (is_embed(item) && slice_equal(item->alias.len ? item->alias : item->relation, name))
            return item;
    }
    return NULL;
}

/* The embedded resource that has an alias, by its relation's name; *n of them have it. */
static struct select_item *find_relation(const struct query_node *node, struct slice name,
                                         size_t *n)
{
    struct select_item *found = NULL;

    *n = 0;
    for (struct select_item *item = node->select; item; item = item->next) {
        if (!is_embed(item) || !slice_equal(item->relation, name))
            continue;
        found = found ? found : item;
        ++*n;
    }
    return found;
}

/* Goes from `node` into its embedded resource of that name: its alias; the relation's name still
 * does where it can mean one alone, as in PostgREST up to a version to come. */
static bool descend(struct scan *s, struct query_node **node, struct slice name)
{
    struct select_item *item = grammar_find_embed(*node, name), *by_relation;
    size_t n;

    if (item) {
        *node = item->node;
        return true;
    }
    by_relation = find_relation(*node, name, &n);
    if (n == 1) {
        s->old_name = by_relation;
        *node = by_relation->node;
        return true;
    }
    error_set(s->error, ERROR_NOT_EMBEDDED, "'%.*s' is not an embedded resource in this request",
              SLICE_ARG(name));
    if (!by_relation)
        return error_hint(s->error,
                          "Verify that '%.*s' is included in the 'select' query parameter.",
                          SLICE_ARG(name));
    error_details(s->error, "Target names are not allowed in filters if they have an alias");
    return error_hint(s->error, "Change '%.*s' to '%.*s' in filters, orders or limits.",
                      SLICE_ARG(name), SLICE_ARG(by_relation->alias));
}

bool scan_path(struct scan *s, struct query_node **node, struct field *field)
{
    s->what = "tree path";
    for (;;) {
        if (!scan_field(s, field))
            return false;
        if (!scan_take(s, '.'))
            return scan_end(s);
        if (field->path)
            return scan_fail(s, "end of input");
        if (!descend(s, node, field->name))
            return false;
    }
}

bool scan_node_path(struct scan *s, struct slice path, struct query_node **node)
{
    struct field last = {.path = NULL};

    if (path.len == 0)
        return true;
    s->text = slice_make(path.data, path.len - 1); /* without the dot */
    s->at = 0;
    s->before = 0;
    if (!scan_path(s, node, &last))
        return false;
    return descend(s, node, last.name);
}
