/*
 * Do the conditions of a role's policies compile?
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_ACCESS_ROLE_VIEWS_CHECK_H
#define THIMBLE_STORE_ACCESS_ROLE_VIEWS_CHECK_H

#include <stdbool.h>

#include "base/error.h"
#include "store/catalog/catalog.h"

struct db;

/*
 * Looks at each condition that the role's views have, and makes them on the connection
 * (role_views_attach). False with ERROR_FAILURE in one line: file:line:column and SQLite's words, or that
 * policies lead in a circle. A warning goes to the log where a view mentions what the role has no right
 * to: whatever reads it gets 42501.
 */
bool role_views_check(struct db *db, const struct catalog *role, struct error *e)
    __attribute__((warn_unused_result));

#endif
