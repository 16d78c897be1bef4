/*
 * The database that the settings name, for commands.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_COMMANDS_DATABASE_H
#define THIMBLE_COMMANDS_DATABASE_H

#include "base/error.h"
#include "config.h"
#include "store/db.h"

/* The settings as options of a connection. */
struct db_options database_options(const struct config *config);

/*
 * Opens --db for writing; makes it if it is missing and `create` is set. NULL with one line
 * that says what to do. The caller closes.
 */
struct db *database_open(const struct config *config, bool create, struct error *e);

/* Opens --db for reading alone; NULL as above. */
struct db *database_open_reading(const struct config *config, struct error *e);

#endif
