/*
 * What the statements that write share. Private to plan_*.c.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_QUERY_PLAN_WRITE_H
#define THIMBLE_QUERY_PLAN_WRITE_H

#include <stdbool.h>

#include "query/plan.h"
#include "query/sql.h"

extern const struct plan_options plan_write_options;

/* The table alone, its names without an alias: no related resource is in such a statement. */
struct node plan_plain_node(const struct table *table, const struct query_tree *tree);

/* The parameter of a column that is set; JSONB is made from the text that is bound. */
void plan_parameter(struct sql *q, const struct column *column);

/* The column's default, as the SQL it is. */
void plan_default(struct sql *q, const struct column *column);

/* A column and what a role's grant sets it to: "name"=(expression) */
void plan_preset(struct sql *q, const struct column *column, const char *expression);
void plan_expression(struct sql *q, const char *expression); /* …without the column */

/* Around the first value that an UPDATE sets: says which row is changed to the triggers that look at a role's
 * writes (store/db/checks.h), where other rows of the table may change with it. True: end it, too. */
bool plan_begin_row(struct sql *q, const struct table *table);
void plan_end_row(struct sql *q, bool begun);

/* Two parameters: whether there is a value, and the value; without one the default. */
void plan_value_or_default(struct sql *q, const struct column *column);

/* False with ERROR_VALUE if a generated column is among them. */
bool plan_check_writable(const struct table *table, const struct assignment *set, size_t n,
                         struct error *e);

/* RETURNING …, its outputs into `out`. */
void plan_returning(struct sql *q, const struct table *table, const struct query_tree *tree,
                    enum returning returning, struct plan *out);

#endif
