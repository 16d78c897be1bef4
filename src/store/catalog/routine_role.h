/*
 * A named query on its way to a role's catalogue. Private to routine_role*.c.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_CATALOG_ROUTINE_ROLE_H
#define THIMBLE_STORE_CATALOG_ROUTINE_ROLE_H

#include "store/catalog/routine.h"

struct wrapping {
    struct arena *arena;
    const struct catalog *role;
    struct error *error;
};

/* Fails with ERROR_MEMORY. Returns false. */
bool routine_role_no_memory(struct wrapping *w);

/* The relations of the result, in `out`. False with ERROR_MEMORY. */
bool routine_role_relations(struct wrapping *w, const struct table *result, struct routine *out)
    __attribute__((warn_unused_result));

#endif
