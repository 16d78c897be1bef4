/*
 * What in access files looks like a mistake: thimble access check. What is meant so can be said in the
 * files, and is not told again: REVOKE ALL ON t FROM PUBLIC, ALTER TABLE t DISABLE ROW LEVEL SECURITY,
 * ALTER VIEW v SET (security_invoker = false).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_ACCESS_ACCESS_CHECK_H
#define THIMBLE_STORE_ACCESS_ACCESS_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"
#include "store/catalog/catalog.h"

struct db;

struct access_check {
    struct buf *out; /* a line each */
    size_t faults;
    size_t notes; /* what is slow, not wrong */
};

/*
 * Looks at a base catalogue with access files; `db` has its schema. Tables without a right or a policy, roles
 * and policies without effect, views that show what policies hide, keys that replace hidden rows,
 * policies that no index serves. False with an error if that cannot be looked at.
 */
bool access_check(struct db *db, struct catalog *catalog, struct access_check *check,
                  struct error *e) __attribute__((warn_unused_result));

/* ---- access_check_plans.c: of a role's catalogue */

/* Is there a policy that gives it rows to see? The restrictive ones only take. */
bool access_check_gives_rows(const struct catalog *part, const struct table *table);

/* Notes the policies that no index serves. */
bool access_check_plans(struct db *db, struct catalog *part, struct access_check *check,
                        struct error *e) __attribute__((warn_unused_result));

/* ---- access_check_sql.c: what SQLite says */

/* Does an INSERT into the table replace rows without a word: UNIQUE … ON CONFLICT REPLACE? */
bool access_check_replaces(struct db *db, struct slice table, bool *replaces, struct error *e)
    __attribute__((warn_unused_result));

/* Does the plan of reading a role's table look at each of its rows? The views of its role are on the
 * connection. */
bool access_check_scans(struct db *db, const struct table *table, bool *scans, struct error *e)
    __attribute__((warn_unused_result));

#endif
