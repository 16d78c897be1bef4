/*
 * How two resources hang together: the foreign keys of the catalogue, and PostgREST's rules for
 * which of them a client means.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_QUERY_RELATE_H
#define THIMBLE_QUERY_RELATE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/slice.h"
#include "store/catalog/catalog.h"

enum link_kind {
    LINK_NONE,
    LINK_PARENT,   /* the origin has the key: many-to-one */
    LINK_CHILD,    /* the target has the key: one-to-many, or one-to-one if it is unique */
    LINK_JUNCTION, /* a third table has keys to both: many-to-many */
};

struct link {
    enum link_kind kind;
    const struct foreign_key *key; /* LINK_JUNCTION: from the junction to the origin */
    const struct foreign_key *far; /* LINK_JUNCTION: from the junction to the target */
    const struct table *target;
    bool to_one;
};

/*
 * The one link from `origin` to what `relation` names (a table, or a foreign key or its column),
 * told apart by `hint` (a foreign key, a column or a junction table; may be empty). False with
 * ERROR_NO_RELATION or ERROR_AMBIGUOUS, which lists the choices; ERROR_FORBIDDEN if the role may not go
 * there.
 */
bool relate(struct arena *arena, const struct table *origin, struct slice relation,
            struct slice hint, struct link *out, struct error *e)
    __attribute__((warn_unused_result));

#endif
