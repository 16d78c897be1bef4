/*
 * What a role may do with a table of its catalogue (store/access/role_catalog.h), and how it is told what
 * it may not. In the catalogue of the whole database everything is allowed.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_QUERY_RIGHTS_H
#define THIMBLE_QUERY_RIGHTS_H

#include <stdbool.h>

#include "base/error.h"
#include "base/slice.h"
#include "store/access/access.h"
#include "store/catalog/catalog.h"

/* Is the table a role's? */
static inline bool rights_are_of_role(const struct table *table)
{
    return table->whole != NULL;
}

/* One right at least of these, on one column at least. */
static inline bool rights_has(const struct table *table, enum access_right right)
{
    return (table->rights & right) != 0;
}

static inline bool rights_may_read(const struct table *table, int column)
{
    return (size_t)column < table->n_readable;
}

/* Is it a column of the table that the role has no right to at all? */
bool rights_hide_column(const struct table *table, struct slice name);

/* Has the table a primary key that the role may not read? */
static inline bool rights_hide_key(const struct table *table)
{
    return table->n_key == 0 && table->whole && table->whole->n_key > 0;
}

/* Fails with ERROR_FORBIDDEN, in PostgreSQL's words: "permission denied for table tasks". Returns false. */
bool rights_refuse(const struct table *table, struct error *e);

/*
 * A column that may not be read, written, or is not there for the role: false with ERROR_FORBIDDEN if the
 * role has not this right to it (RIGHT_INSERT, RIGHT_UPDATE), or a preset of its sets it.
 */
bool rights_check_column(const struct table *table, int column, enum access_right right,
                         struct error *e) __attribute__((warn_unused_result));

/*
 * Takes out of a constraint's failure what the role may not read: details that name or show other columns
 * than those it may read of `table` (NULL: of no table). PostgreSQL leaves them out, too.
 */
void rights_veil(const struct table *table, struct error *e);

#endif
