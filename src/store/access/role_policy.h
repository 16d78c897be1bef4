/*
 * The conditions that a role's policies set for the rows of a table, as SQL over its columns. Pure.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_ACCESS_ROLE_POLICY_H
#define THIMBLE_STORE_ACCESS_ROLE_POLICY_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/slice.h"
#include "store/catalog/catalog.h"

/* Which rows (postgresql.org/docs/current/sql-createpolicy.html, "Policies Applied by Command Type"). */
enum policy_rows {
    ROWS_SHOWN,     /* SELECT shows them */
    ROWS_UPDATABLE, /* …and UPDATE may change them */
    ROWS_DELETABLE, /* …and DELETE may remove them */
    ROWS_INSERTED,  /* as an INSERT may leave them */
    ROWS_UPDATED,   /* as an UPDATE may leave them: shown, too */
};

/* Appends the condition for the rows of the role's table, in parentheses. */
void policy_condition(struct buf *b, const struct catalog *role, const struct table *table,
                      enum policy_rows rows);

/* Does the SQL mention the table, by its name alone, where it is no column's qualifier? In doubt it does. */
bool policy_mentions(struct slice sql, const struct table *table);

/* Appends WITH and what the SQL's names of tables mean to the role: its views, where policies hold. False,
 * and nothing, if it mentions none of them. */
bool policy_with(struct buf *b, const struct catalog *role, struct slice sql);

#endif
