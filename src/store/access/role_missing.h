/*
 * A right that a role's policies, or a view that asks for its caller, need and the role has not: a warning at
 * the start, which says what is to be granted.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_ACCESS_ROLE_MISSING_H
#define THIMBLE_STORE_ACCESS_ROLE_MISSING_H

#include "store/access/fence.h"
#include "store/catalog/catalog.h"

/* Logs what the fence has denied of what the table's view mentions, with the place in the access files that
 * makes it do so. */
void role_missing_tell(const struct catalog *role, const struct table *table,
                       const struct fence *fence);

#endif
