/*
 * A search for the foreign key that is meant, and what is told when it does not find the one. Private
 * to relate*.c.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_QUERY_RELATE_SEARCH_H
#define THIMBLE_QUERY_RELATE_SEARCH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/slice.h"
#include "query/relate.h"

struct search {
    struct arena *arena;
    struct error *error;
    const struct table *origin;
    struct slice relation, hint;
    bool nothing_else; /* …was found the first time */
    struct link *found;
    size_t n, capacity;
};

/* True if the keys of one table, to the origin and to another, make it a junction of both. */
static inline bool relate_is_junction(const struct foreign_key *near, const struct foreign_key *far)
{
    return near->child_in_key && far->child_in_key && far->base != near->base;
}

/* Nothing was found: ERROR_NO_RELATION, with the nearest name that would have done. Always false. */
bool relate_tell_none(struct search *s);

/* Several were found: ERROR_AMBIGUOUS, with the choices in `details`. Always false. */
bool relate_tell_choices(struct search *s);

#endif
