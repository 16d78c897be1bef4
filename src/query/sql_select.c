/*
 * A resource and those embedded in it as one SELECT: related rows come from subqueries that
 * store/db/rows.h's functions write as JSON; to-one spreads are joins.
 *
 * SPDX-License-Identifier: MIT
 */
#include "query/sql.h"

/* Whether an output's place is that of an aggregate: all others are grouped by. */
struct place {
    struct output output;
    bool aggregate;
};

static void output(struct sql *q, const struct node *node, size_t nth, struct place *out);

/* (SELECT thimble_row(?,c0,…) FROM (SELECT … AS c0,… FROM …) LIMIT 1); NULL if there is none */
static struct output *nested(struct sql *q, const struct node *node, size_t first, size_t n,
                             bool bare)
{
    struct shape *shape = sql_alloc(q, 1, sizeof *shape);
    struct output *outputs = sql_alloc(q, n, sizeof *outputs);

    if (q->failed)
        return NULL;
    *shape = (struct shape){outputs, n, bare, q->options->strip_nulls, q->options->one_line};
    sql_text(q, node->link.to_one ? "(SELECT thimble_row(" : "(SELECT thimble_rows(");
    sql_value(q, value_shape(shape));
    for (size_t i = 0; i < n; i++) {
        SQL(q, ",c");
        sql_number(q, i);
    }
    SQL(q, ") FROM (SELECT ");
    if (n == 0)
        SQL(q, "1");
    for (size_t i = 0; i < n && !q->failed; i++) {
        struct place place = {.aggregate = false};

        if (i > 0)
            SQL(q, ",");
        output(q, node, first + i, &place);
        SQL(q, " AS c");
        sql_number(q, i);
        outputs[i] = place.output;
    }
    sql_from_where(q, node, NULL, NULL);
    if (n == node->n_outputs)
        sql_group_by(q, node);
    sql_order(q, node);
    sql_limit(q, node->ask, node->link.to_one ? 1 : q->options->max_rows);
    SQL(q, "))");
    return outputs;
}

static void embedded(struct sql *q, const struct node *node, struct place *out)
{
    const struct select_item *item = node->item;

    nested(q, node, 0, node->n_outputs, false);
    out->output.kind = KIND_NESTED;
    out->output.name = item->alias.len ? item->alias : item->relation;
    out->output.key = sql_json_key(q, out->output.name);
}

/* The nth column of a spread: as it is if it is joined, as an array if there are many rows. */
static void spread(struct sql *q, const struct node *node, size_t nth, struct place *out)
{
    if (node_is_joined(node)) {
        output(q, node, nth, out);
        return;
    }
    const struct output *inner = nested(q, node, nth, 1, true);

    if (!inner)
        return;
    out->output = inner[0];
    out->output.kind = KIND_NESTED;
}

static void star(struct sql *q, const struct node *node, size_t nth, struct place *out)
{
    const struct column *column = &node->table->columns[nth];

    sql_shown_column(q, node, column);
    out->output = (struct output){column->name, column->json_key, column->kind};
}

static size_t item_outputs(const struct node *node, const struct select_item *item)
{
    switch (item->kind) {
    case SELECT_STAR: return node->table->n_readable;
    case SELECT_SPREAD: return node_child(node, item)->n_outputs;
    case SELECT_EMBED: return node_child(node, item)->n_outputs > 0;
    default: return 1;
    }
}

/* The nth column that a node gives. Recursion is bounded by the limit of nesting. */
static void output(struct sql *q, const struct node *node, size_t nth, struct place *out)
{
    const struct select_item *item = node->ask->select;
    size_t n;

    if (!item) {
        star(q, node, nth, out);
        return;
    }
    for (; (n = item_outputs(node, item)) <= nth; item = item->next)
        nth -= n;
    switch (item->kind) {
    case SELECT_STAR: star(q, node, nth, out); break;
    case SELECT_EMBED: embedded(q, node_child(node, item), out); break;
    case SELECT_SPREAD: spread(q, node_child(node, item), nth, out); break;
    default:
        sql_item(q, node, item, &out->output);
        out->aggregate = item->aggregate || node_is_count(node, item);
    }
}

void sql_outputs(struct sql *q, const struct node *node, struct shape *shape)
{
    struct output *outputs = sql_alloc(q, node->n_outputs, sizeof *outputs);

    for (size_t i = 0; i < node->n_outputs && !q->failed; i++) {
        struct place place = {.aggregate = false};

        if (i > 0)
            SQL(q, ",");
        output(q, node, i, &place);
        outputs[i] = place.output;
    }
    if (node->n_outputs == 0)
        SQL(q, "NULL");
    *shape = (struct shape){outputs, node->n_outputs, q->options->bare && node->n_outputs == 1,
                            q->options->strip_nulls, q->options->one_line};
}

static bool is_aggregate(const struct node *node, size_t nth)
{
    const struct select_item *item = node->ask->select;
    size_t n;

    if (!item)
        return false;
    for (; (n = item_outputs(node, item)) <= nth; item = item->next)
        nth -= n;
    if (item->kind == SELECT_SPREAD)
        return node_is_joined(node_child(node, item)) && is_aggregate(node_child(node, item), nth);
    return (item->kind == SELECT_FIELD || item->kind == SELECT_COUNT) &&
           (item->aggregate || node_is_count(node, item));
}

/* By the place of every column that is no aggregate. */
void sql_group_by(struct sql *q, const struct node *node)
{
    const char *before = " GROUP BY ";

    for (size_t i = 0; node->grouped && i < node->n_outputs; i++) {
        if (is_aggregate(node, i))
            continue;
        sql_text(q, before);
        sql_number(q, i + 1);
        before = ",";
    }
}
