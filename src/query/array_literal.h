/*
 * An array as PostgreSQL writes one in text: {a,"b, c",NULL}
 * (postgresql.org/docs/current/arrays.html#ARRAYS-IO), of one dimension.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_QUERY_ARRAY_LITERAL_H
#define THIMBLE_QUERY_ARRAY_LITERAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/slice.h"

struct array_literal {
    struct slice *items; /* unescaped, in the arena; `data` of one that is NULL is NULL */
    size_t n;
    size_t at;            /* where reading stopped */
    const char *expected; /* …and what would have been right there */
};

/* False with `at` and `expected` if it is not one, or with ERROR_MEMORY. Blanks around a member
 * without quotes are not its own. */
bool array_literal_read(struct arena *arena, struct slice text, struct array_literal *out,
                        struct error *e) __attribute__((warn_unused_result));

/* Leaves out the members that are NULL. */
void array_literal_drop_nulls(struct array_literal *array);

#endif
