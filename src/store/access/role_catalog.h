/*
 * A role's catalogue: what of a database one role may know of. Its tables are mentioned by the names of
 * that role's views (store/access/role_views.h), so that what a policy hides is in no statement.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_ACCESS_ROLE_CATALOG_H
#define THIMBLE_STORE_ACCESS_ROLE_CATALOG_H

#include <stddef.h>

#include "base/error.h"
#include "store/catalog/catalog.h"

/* The catalogue of a role of base->access; made when it is first asked for, and kept with `base`, which
 * lives as long as it. Any thread. NULL with ERROR_MEMORY. One reference (catalog_drop). */
struct catalog *catalog_of_role(struct catalog *base, size_t role, struct error *e);

#endif
