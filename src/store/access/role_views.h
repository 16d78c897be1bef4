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
 * role no longer. Their text is not looked at: what is wrong in it fails where it is used. False with
 * ERROR_MEMORY or what SQLite says. A transaction that is rolled back takes them with it: ask again, for
 * each request; it is cheap.
 */
bool role_views_attach(struct db *db, const struct catalog *role, struct error *e)
    __attribute__((warn_unused_result));

#endif
