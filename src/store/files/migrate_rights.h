/*
 * What a change of the schema does to rights.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_FILES_MIGRATE_RIGHTS_H
#define THIMBLE_STORE_FILES_MIGRATE_RIGHTS_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"
#include "store/catalog/catalog.h"

/*
 * Appends the rights that each role gains and loses from one catalogue to the other, which have the same
 * access files, a line each ("+ member: SELECT (due) ON tasks"), and of new tables those that nobody has a
 * right to, and those whose every row is within a right ("! notes: …"). False without memory.
 */
bool migrate_rights(struct catalog *before, struct catalog *after, struct buf *out, struct error *e)
    __attribute__((warn_unused_result));

#endif
