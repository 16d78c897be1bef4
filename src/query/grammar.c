/* SPDX-License-Identifier: MIT */
#include "query/grammar.h"

#include "base/parse.h"
#include "query/scan.h"

/* Parses the value of one parameter into the tree, or into the node that its name leads to. */
typedef bool param_fn(struct scan *s, struct query_tree *tree, struct query_node *node);

static bool parse_select(struct scan *s, struct query_tree *tree, struct query_node *node)
{
    (void)s, (void)tree, (void)node; /* read before all others: they refer to it */
    return true;
}

static bool parse_order(struct scan *s, struct query_tree *tree, struct query_node *node)
{
    (void)tree;
    return scan_order(s, node);
}

static bool parse_limit(struct scan *s, struct query_tree *tree, struct query_node *node)
{
    (void)tree;
    return scan_whole_number(s, &node->limit);
}

static bool parse_offset(struct scan *s, struct query_tree *tree, struct query_node *node)
{
    (void)tree;
    return scan_whole_number(s, &node->offset);
}

static bool parse_all(struct scan *s, struct query_tree *tree, struct query_node *node)
{
    bool value;
    (void)node;

    if (!parse_bool(scan_rest(s), &value))
        return scan_fail(s, "\"true\" or \"false\"");
    tree->all = value;
    return true;
}

static bool parse_cursor(struct scan *s, struct query_tree *tree, struct query_node *node)
{
    (void)node;
    tree->has_cursor = true;
    tree->cursor = scan_rest(s);
    return true;
}

static bool parse_columns(struct scan *s, struct query_tree *tree, struct query_node *node)
{
    (void)node;
    return scan_names(s, &tree->columns);
}

static bool parse_on_conflict(struct scan *s, struct query_tree *tree, struct query_node *node)
{
    (void)node;
    return scan_names(s, &tree->on_conflict);
}

static bool add_tree(struct scan *s, struct query_node *node, enum condition_kind kind,
                     bool negated)
{
    struct condition *c = scan_node(s, sizeof *c);

    if (!c)
        return false;
    c->kind = kind;
    c->negated = negated;
    if (!scan_tree(s, c) || !scan_end(s))
        return false;
    *node->filter_tail = c;
    node->filter_tail = &c->next;
    return true;
}

static bool parse_and(struct scan *s, struct query_tree *tree, struct query_node *node)
{
    (void)tree;
    return add_tree(s, node, CONDITION_AND, false);
}

static bool parse_or(struct scan *s, struct query_tree *tree, struct query_node *node)
{
    (void)tree;
    return add_tree(s, node, CONDITION_OR, false);
}

static bool parse_not_and(struct scan *s, struct query_tree *tree, struct query_node *node)
{
    (void)tree;
    return add_tree(s, node, CONDITION_AND, true);
}

static bool parse_not_or(struct scan *s, struct query_tree *tree, struct query_node *node)
{
    (void)tree;
    return add_tree(s, node, CONDITION_OR, true);
}

/* The reserved parameters; every other name is a column's filter. */
static const struct reserved {
    const char *name;
    bool of_nodes; /* may have the path of an embedded resource before it */
    param_fn *parse;
    const char *what;
} reserved[] = {
    {"select", false, parse_select, "select parameter"},
    {"order", true, parse_order, "order"},
    {"limit", true, parse_limit, "limit parameter"},
    {"offset", true, parse_offset, "offset parameter"},
    {"not.and", true, parse_not_and, "logic tree"},
    {"not.or", true, parse_not_or, "logic tree"},
    {"and", true, parse_and, "logic tree"},
    {"or", true, parse_or, "logic tree"},
    {"columns", false, parse_columns, "columns parameter"},
    {"on_conflict", false, parse_on_conflict, "on_conflict parameter"},
    {"all", false, parse_all, "all parameter"},
    {"cursor", false, parse_cursor, "cursor parameter"},
};

/* The row for a parameter's name; *prefix is how much of the name is the path before it. */
static const struct reserved *find_reserved(struct slice name, size_t *prefix)
{
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++) {
        struct slice word = slice_from(reserved[i].name);

        if (name.len < word.len ||
            memcmp(name.data + name.len - word.len, word.data, word.len) != 0)
            continue;
        *prefix = name.len - word.len;
        if (*prefix == 0 || (reserved[i].of_nodes && name.data[*prefix - 1] == '.'))
            return &reserved[i];
    }
    return NULL;
}

bool grammar_is_reserved(struct slice name)
{
    size_t prefix;

    return find_reserved(name, &prefix) != NULL;
}

struct select_item *grammar_find_embed(const struct query_node *node, struct slice name)
{
    for (struct select_item *item = node->select; item; item = item->next) {
        bool is_embed = item->kind == SELECT_EMBED || item->kind == SELECT_SPREAD;

        if (is_embed && slice_equal(item->alias.len ? item->alias : item->relation, name))
            return item;
    }
    return NULL;
}

/* Goes from `node` into its embedded resource of that name. */
static bool descend(struct scan *s, struct query_node **node, struct slice name)
{
    struct select_item *item = grammar_find_embed(*node, name);

    if (item) {
        *node = item->node;
        return true;
    }
    error_set(s->error, ERROR_NOT_EMBEDDED, "'%.*s' is not an embedded resource in this request",
              SLICE_ARG(name));
    for (item = (*node)->select; item; item = item->next) {
        if (item->kind != SELECT_EMBED || !slice_equal(item->relation, name))
            continue;
        error_details(s->error, "Target names are not allowed in filters if they have an alias");
        return error_hint(s->error, "Change '%.*s' to '%.*s' in filters, orders or limits.",
                          SLICE_ARG(name), SLICE_ARG(item->alias));
    }
    return error_hint(s->error, "Verify that '%.*s' is included in the 'select' query parameter.",
                      SLICE_ARG(name));
}

/* name.name.…: the embedded resources on the way; the last name is the field's. */
static bool parse_path(struct scan *s, struct query_node **node, struct field *field)
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

static bool parse_reserved_path(struct scan *s, struct slice path, struct query_node **node)
{
    struct field last = {.path = NULL};

    if (path.len == 0)
        return true;
    s->text = slice_make(path.data, path.len - 1); /* without the dot */
    s->at = 0;
    return parse_path(s, node, &last) && descend(s, node, last.name);
}

static bool parse_filter(struct scan *s, const struct parameter *p, struct query_node *node)
{
    struct condition *c = scan_node(s, sizeof *c);

    if (!c)
        return false;
    s->text = p->name;
    s->at = 0;
    if (!parse_path(s, &node, &c->field))
        return false;
    s->what = "filter";
    s->text = p->value;
    s->at = 0;
    if (!scan_comparison(s, c))
        return false;
    *node->filter_tail = c;
    node->filter_tail = &c->next;
    return true;
}

static bool parse_param(struct scan *s, const struct parameter *p, struct query_tree *tree)
{
    size_t prefix = 0;
    const struct reserved *row = find_reserved(p->name, &prefix);
    struct query_node *node = &tree->root;

    if (!row)
        return parse_filter(s, p, node);
    if (!parse_reserved_path(s, slice_make(p->name.data, prefix), &node))
        return false;
    s->what = row->what;
    s->text = p->value;
    s->at = 0;
    return row->parse(s, tree, node);
}

bool grammar_parse(struct arena *arena, const struct parameter *parameters, struct query_tree *out,
                   struct error *e)
{
    struct scan s = {.arena = arena, .error = e};

    *out = (struct query_tree){.root = {.limit = -1, .filter_tail = &out->root.filter}};
    for (const struct parameter *p = parameters; p; p = p->next) {
        if (!slice_is(p->name, "select"))
            continue;
        s.what = "select parameter";
        s.text = p->value;
        s.at = 0;
        if (!scan_select(&s, &out->root))
            return false;
    }
    for (const struct parameter *p = parameters; p; p = p->next) {
        if (!parse_param(&s, p, out))
            return false;
    }
    return true;
}
