/*
 * The queries and access files that the settings name.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_SOURCES_SOURCES_H
#define THIMBLE_SOURCES_SOURCES_H

#include <stdbool.h>

#include "base/error.h"
#include "config/config.h"
#include "store/store.h"

/* Reads them. False with the reason; one reference each, sources_drop. */
bool sources_load(const struct config *config, struct store_sources *out, struct error *e)
    __attribute__((warn_unused_result));
void sources_drop(struct store_sources *sources); /* takes empty ones */

/*
 * The binary's queries are of the binary's schema: where they do not compile over the database, as over one that
 * other programs have made, they are left out, which *left_out says. False with the reason.
 */
bool sources_fit(const struct config *config, struct db *db, struct store_sources *sources,
                 bool *left_out, struct error *e) __attribute__((warn_unused_result));

#endif
