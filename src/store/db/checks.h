/*
 * An SQL function that a role's triggers begin with (store/access/role_view_text.h):
 *
 *   thimble_checks(serial, table, trigger)   is the statement that runs of the role of the catalogue with
 *       that serial number, and does it write the table of that number itself, in the way that the
 *       trigger looks at? Its own triggers and foreign keys have their owner's rights.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_DB_CHECKS_H
#define THIMBLE_STORE_DB_CHECKS_H

#include <stdbool.h>

#include "base/error.h"

struct db;

/* Registers it. */
bool checks_register(struct db *db, struct error *e) __attribute__((warn_unused_result));

#endif
