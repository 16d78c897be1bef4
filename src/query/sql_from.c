/*
 * FROM and WHERE: where a resource's rows come from, and what ties them to others.
 *
 * SPDX-License-Identifier: MIT
 */
#include "query/sql.h"
#include "store/catalog/routine.h"

static void alias(struct sql *q, const char *letter, const struct node *node)
{
    sql_text(q, letter);
    sql_number(q, (size_t)node->alias);
}

/* The text that the query's owner wrote, with its parameters. */
static void routine_source(struct sql *q, const struct routine_call *call)
{
    const struct routine_source *s = call->routine->source;
    const struct routine_part *part = &s->parts[s->n_parts - 1];

    SQL(q, "(");
    for (size_t i = 0; i < part->n_pieces; i++) {
        sql_add(q, part->pieces[i].sql.data, part->pieces[i].sql.len);
        if (part->pieces[i].param >= 0)
            sql_value(q, call->arguments[part->pieces[i].param]);
    }
    SQL(q, "\n)"); /* after a comment at its end */
}

static void source(struct sql *q, const struct node *node)
{
    if (node->routine)
        routine_source(q, node->routine);
    else if (node->keys)
        sql_listed(q, node);
    else
        sql_text(q, sql_rows_of(node));
    if (node->alias >= 0)
        alias(q, " AS t", node);
    if (node->keys)
        sql_listed_condition(q, node);
}

/* a.x=b.y AND …, between two tables that are known by letter and number. The parent's collation counts
 * (sqlite.org/foreignkeys.html §3), so it comes first. */
static void key_pairs(struct sql *q, const char *child_letter, const struct node *child,
                      const char *parent_letter, const struct node *parent,
                      const struct foreign_key *key)
{
    for (size_t i = 0; i < key->n_columns; i++) {
        if (i > 0)
            SQL(q, " AND ");
        alias(q, parent_letter, parent);
        SQL(q, ".");
        sql_column_name(q, &key->parent->columns[key->parent_columns[i]]);
        SQL(q, "=");
        alias(q, child_letter, child);
        SQL(q, ".");
        sql_column_name(q, &key->child->columns[key->columns[i]]);
    }
}

void sql_link(struct sql *q, const struct node *node)
{
    const struct link *l = &node->link;

    switch (l->kind) {
    case LINK_PARENT: key_pairs(q, "t", node->parent, "t", node, l->key); break;
    case LINK_CHILD: key_pairs(q, "t", node, "t", node->parent, l->key); break;
    case LINK_JUNCTION: key_pairs(q, "j", node, "t", node->parent, l->key); break;
    case LINK_NONE: break;
    }
}

/* AND before all conditions but the first. */
static void join_condition(struct sql *q, bool *any)
{
    if (*any)
        SQL(q, " AND ");
    *any = true;
}

static void inner_children(struct sql *q, const struct node *node, bool *any)
{
    for (const struct node *child = node->children; child; child = child->next) {
        if (!child->item->inner || node_is_joined(child))
            continue;
        join_condition(q, any);
        sql_exists(q, child);
    }
}

static void joins(struct sql *q, const struct node *node)
{
    for (const struct node *child = node->children; child; child = child->next) {
        bool any = true;

        if (!node_is_joined(child))
            continue;
        sql_text(q, child->item->inner ? " JOIN " : " LEFT JOIN ");
        source(q, child);
        SQL(q, " ON ");
        sql_link(q, child);
        if (child->ask->filter) {
            SQL(q, " AND ");
            sql_filter(q, child, child->ask->filter);
        }
        inner_children(q, child, &any);
        joins(q, child);
    }
}

static void conditions(struct sql *q, const struct node *node, sql_condition_fn *extra,
                       const void *context)
{
    bool any = false;
    size_t start = q->len;

    SQL(q, " WHERE ");
    if (node->link.kind != LINK_NONE) {
        join_condition(q, &any);
        sql_link(q, node);
    }
    if (node->ask->filter) {
        join_condition(q, &any);
        sql_filter(q, node, node->ask->filter);
    }
    inner_children(q, node, &any);
    if (extra) {
        size_t before = q->len;
        bool had = any;

        join_condition(q, &any);
        if (!extra(q, node, context)) {
            q->len = before;
            any = had;
        }
    }
    if (!any && !q->failed)
        q->len = start;
}

void sql_from_where(struct sql *q, const struct node *node, sql_condition_fn *extra,
                    const void *context)
{
    SQL(q, " FROM ");
    source(q, node);
    if (node->link.kind == LINK_JUNCTION) {
        SQL(q, " JOIN ");
        sql_text(q, node->link.far->child->quoted);
        alias(q, " AS j", node);
        SQL(q, " ON ");
        key_pairs(q, "j", node, "t", node, node->link.far);
    }
    joins(q, node);
    conditions(q, node, extra, context);
}

void sql_exists(struct sql *q, const struct node *child)
{
    SQL(q, "EXISTS(SELECT 1");
    sql_from_where(q, child, NULL, NULL);
    SQL(q, ")");
}
