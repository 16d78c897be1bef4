/*
 * A role's views on a connection: temporary, one for each table and verb, with the columns that are
 * granted and the rows that the policies show; on a connection that writes the triggers, too, which
 * look at what is written.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_ACCESS_ROLE_VIEWS_H
#define THIMBLE_STORE_ACCESS_ROLE_VIEWS_H

#include <stdbool.h>

#include "base/error.h"
#include "store/catalog/catalog.h"

struct db;

/*
 * From here the connection has the views of this role's catalogue, and those of an older one of the same
 * role no longer. False with ERROR_FAILURE that names the policy's place, or ERROR_MEMORY.
 */
bool role_views_attach(struct db *db, struct catalog *catalog, struct error *e)
    __attribute__((warn_unused_result));

#endif
