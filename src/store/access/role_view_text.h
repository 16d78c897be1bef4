/*
 * The SQL that makes a role's views and what looks at its writes. Pure.
 *
 * For the role 3 and a table "tasks" with policies there are the views "tasks@3", the rows that are
 * shown, "tasks@3u" and "tasks@3d", those that UPDATE and DELETE may have; and for a connection that writes
 * "tasks@3i" and "tasks@3c", those that an INSERT and an UPDATE may leave, with triggers that look there.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_ACCESS_ROLE_VIEW_TEXT_H
#define THIMBLE_STORE_ACCESS_ROLE_VIEW_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/slice.h"
#include "store/catalog/catalog.h"

/* Appends statements that make the views of all tables of the role; the triggers, and their views. */
void role_view_sql(struct buf *b, const struct catalog *role);
void role_trigger_sql(struct buf *b, const struct catalog *role);

/* A name of such a view or trigger, taken apart. */
struct role_name {
    struct slice table; /* as the schema has it */
    size_t role;
    struct slice variant; /* "", "u", "d"; "i", "c" and the triggers' are for triggers alone */
};

/* False if it is none. */
bool role_name_read(struct slice name, struct role_name *out);

/* How a role's views spell the schema of the tables that they read: nobody else does. */
#define ROLE_VIEW_SCHEMA "MAIN"

/* What the triggers' message begins with, before what is told. */
#define ROLE_REFUSAL "42501 "

#endif
