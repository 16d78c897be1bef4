/*
 * The second fence: what a statement may mention that is prepared for a role, whatever made it
 * (sqlite.org/c3ref/set_authorizer.html). SQLite asks for each column, with the innermost view, trigger or
 * common table expression that it is mentioned in.
 *
 *  - A table with policies is read in the role's view of it (role_view_text.h), or in a view or trigger
 *    of the schema, which have their owner's rights. Any other table by the columns that are granted.
 *  - What a statement writes is read by the columns that are granted, and what tells its rows apart.
 *  - Foreign keys look at, and change, their own columns.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_ACCESS_FENCE_H
#define THIMBLE_STORE_ACCESS_FENCE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "store/catalog/catalog.h"

/* Tables of a statement of which is noted how they were mentioned: more are refused. */
#define FENCE_TABLES_MAX 64

enum fence_mention {
    MENTION_OWNED = 1,    /* in a view or trigger of the schema */
    MENTION_SHADOWED = 2, /* its name is a common table expression's that reads the role's view */
    MENTION_WRITTEN = 4   /* by the statement itself, or by a foreign key's action */
};

/* One statement being prepared. */
struct fence {
    const struct catalog *role; /* whose statement it is */
    const struct table *target; /* what it writes itself, of the whole database's; NULL: nothing */
    unsigned writes;            /* …by RIGHT_INSERT, _UPDATE, _DELETE */
    unsigned chosen; /* …its rows come from the role's view for that: RIGHT_UPDATE, _DELETE */
    const struct table
        *awaited;    /* what was read as if it were that: UPDATE reads before it says so */
    bool triggers;   /* those of other roles are compiled into it */
    bool tells_rows; /* it says which row it is at (store/db/checks.h) */
    struct {
        const struct table *table;
        unsigned mentions;
    } tables[FENCE_TABLES_MAX];
    size_t n_tables;
    bool writes_more; /* tables than there was room for */
    char denied[128]; /* the table that it may not mention so; "": nothing was denied */
    char column[128]; /* …and the column of it; "": it is none's */
};

/* What SQLite asks: its action code and names. True: it may. */
bool fence_allows(struct fence *f, int action, const char *a, const char *b, const char *schema,
                  const char *context);

/* SQLite's message about a statement that does not compile: is it that a column is not there which the role
 * may not read? Then it is denied. */
bool fence_hides(struct fence *f, const char *message);

/* When all is asked, of the statement's text: did it write what it read so? INSERT OR REPLACE would remove
 * rows that a policy hides, and no trigger sees it. */
bool fence_passes(struct fence *f, struct slice sql);

#endif
