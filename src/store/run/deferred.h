/*
 * Foreign keys that are looked at later. Writer's thread only.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_RUN_DEFERRED_H
#define THIMBLE_STORE_RUN_DEFERRED_H

#include <stdbool.h>

#include "base/error.h"

struct db;

/* True if no row of the transaction is without its parent. */
bool deferred_keys_hold(struct db *db);

/* Between the two no foreign key fails a statement. What does not hold then must be found, by
 * deferred_keys_hold, before the end, which forgets it. */
bool deferred_keys_begin(struct db *db, struct error *e) __attribute__((warn_unused_result));
void deferred_keys_end(struct db *db);

#endif
