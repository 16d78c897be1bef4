/* SPDX-License-Identifier: MIT */
#include "query/grammar.h"

#include "base/parse.h"
#include "query/scan.h"

const struct grammar_limits grammar_default_limits = {
    .conditions = 250, .nesting = 16, .embeds = 32, .offset = 1000000, .parts = 4096};

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
    if (!scan_integer(s, &node->limit))
        return false;
    if (node->limit >= 0)
        return true;
    error_set(s->error, ERROR_RANGE, "Requested range not satisfiable");
    return error_details(s->error, "Limit should be greater than or equal to zero.");
}

bool grammar_check_offset(const struct grammar_limits *limits, int64_t offset, struct error *e)
{
    if (!limits)
        limits = &grammar_default_limits;
    if (limits->offset == 0 || offset <= limits->offset)
        return true;
    error_set(e, ERROR_SYNTAX, "an offset of %lld is more than %lld", (long long)offset,
              (long long)limits->offset);
    return error_hint(e, "Page with cursor=, which costs the same at any depth; --max-offset sets "
                         "the limit.");
}

/* PostgREST takes one below 0 for 0. */
static bool parse_offset(struct scan *s, struct query_tree *tree, struct query_node *node)
{
    (void)tree;
    if (!scan_integer(s, &node->offset))
        return false;
    if (node->offset < 0)
        node->offset = 0;
    return grammar_check_offset(s->limits, node->offset, s->error);
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
    if (scan_is_filter(s->text))
        return scan_fail(s, "a cursor of this service");
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
    if (!scan_tree(s, c))
        return false;
    if (!scan_end(s))
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
    struct slice name;
    bool of_nodes; /* may have the path of an embedded resource before it */
    bool is_tree;
    param_fn *parse;
    const char *what;
} reserved[] = {
    {SLICE_LITERAL("select"), false, false, parse_select,
     "select parameter"}, /* the first row: explain_reserved */
    {SLICE_LITERAL("order"), true, false, parse_order, "order"},
    {SLICE_LITERAL("limit"), true, false, parse_limit, "limit parameter"},
    {SLICE_LITERAL("offset"), true, false, parse_offset, "offset parameter"},
    {SLICE_LITERAL("not.and"), true, true, parse_not_and, "logic tree"},
    {SLICE_LITERAL("not.or"), true, true, parse_not_or, "logic tree"},
    {SLICE_LITERAL("and"), true, true, parse_and, "logic tree"},
    {SLICE_LITERAL("or"), true, true, parse_or, "logic tree"},
    {SLICE_LITERAL("columns"), false, false, parse_columns, "columns parameter"},
    {SLICE_LITERAL("on_conflict"), false, false, parse_on_conflict, "on_conflict parameter"},
    {SLICE_LITERAL("all"), false, false, parse_all, "all parameter"},
    {SLICE_LITERAL("cursor"), false, false, parse_cursor, "cursor parameter"},
};

/* The row for a parameter's name; *prefix is how much of the name is the path before it. */
static const struct reserved *find_reserved(struct slice name, size_t *prefix)
{
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++) {
        struct slice word = reserved[i].name;
        bool of_node;

        if (!slice_ends(name, word))
            continue;
        *prefix = name.len - word.len;
        of_node = reserved[i].of_nodes && *prefix > 0 && name.data[*prefix - 1] == '.';
        if (*prefix == 0 || of_node)
            return &reserved[i];
    }
    return NULL;
}

bool grammar_is_reserved(struct slice name)
{
    size_t prefix;

    return find_reserved(name, &prefix) != NULL;
}

static bool parse_filter(struct scan *s, const struct parameter *p, struct query_node *node)
{
    struct condition *c = scan_node(s, sizeof *c);

    if (!c)
        return false;
    s->text = p->name;
    s->at = 0;
    s->before = 0;
    if (!scan_path(s, &node, &c->field))
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

/* order=gt.5 is, to who wrote it, about a column of that name. */
static bool explain_reserved(struct scan *s, const struct reserved *row, struct slice value)
{
    struct error *e = s->error;

    if (e->code != ERROR_SYNTAX || e->hint[0])
        return false;
    if (!scan_is_filter(value))
        return false;
    return error_hint(e,
                      "%s= is a parameter of its own. A column of this name is filtered with its "
                      "name in double quotes: \"%s\"=%.*s",
                      row->name.data, row->name.data, SLICE_ARG(slice_first(value, 40)));
}

static bool parse_param(struct scan *s, const struct parameter *p, struct query_tree *tree)
{
    size_t prefix = 0;
    const struct reserved *row = find_reserved(p->name, &prefix);
    struct query_node *node = &tree->root;

    if (!row)
        return parse_filter(s, p, node);
    if (!scan_node_path(s, slice_make(p->name.data, prefix), &node))
        return false;
    s->what = row->what;
    s->text = p->value;
    s->at = 0;
    s->before = 0;
    if (row->is_tree)
        s->before = row->name.len;
    if (row->parse(s, tree, node))
        return true;
    return explain_reserved(s, row, p->value);
}

bool grammar_parse(struct arena *arena, const struct parameter *parameters,
                   const struct grammar_limits *limits, struct query_tree *out, struct error *e)
{
    struct scan s = {
        .arena = arena, .error = e, .limits = limits ? limits : &grammar_default_limits};

    *out = (struct query_tree){.root = {.limit = -1, .filter_tail = &out->root.filter}};
    for (const struct parameter *p = parameters; p; p = p->next) {
        if (!slice_is(p->name, "select"))
            continue;
        s.what = "select parameter";
        s.text = p->value;
        s.at = 0;
        if (!scan_select(&s, &out->root))
            return explain_reserved(&s, &reserved[0], p->value);
    }
    for (const struct parameter *p = parameters; p; p = p->next) {
        if (!parse_param(&s, p, out))
            return false;
    }
    out->old_name = s.old_name;
    return true;
}
