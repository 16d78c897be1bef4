/*
 * The database that the settings name, for commands.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_SOURCES_DATABASE_H
#define THIMBLE_SOURCES_DATABASE_H

#include "base/error.h"
#include "config/config.h"
#include "store/db/db.h"

/* The settings as options of a connection. */
struct db_options database_options(const struct config *config);

/*
 * Before anything is opened: whether the database is to be served read-only, because --read-only says
 * so or because it cannot be written (`why` then says what). False with a line that says what is in
 * the way.
 */
bool database_look(const struct config *config, bool create, bool *read_only, char why[256],
                   struct error *e) __attribute__((warn_unused_result));

/* How the database is opened that is served, after database_look. */
struct database_use {
    bool create, read_only;
    const _Atomic bool *stopping; /* see db_options */
};

struct db *database_open_to_serve(const struct config *config, const struct database_use *use,
                                  struct error *e);

/*
 * Opens --db for writing; makes it if it is missing and `create` is set. NULL with one line
 * that says what to do. The caller closes.
 */
struct db *database_open(const struct config *config, bool create, struct error *e);

/* Opens --db for reading alone; NULL as above. */
struct db *database_open_reading(const struct config *config, struct error *e);

/* The same, for a look that leaves no trace: a database that is not there is an empty one in memory. */
struct db *database_open_or_none(const struct config *config, struct error *e);

#endif
