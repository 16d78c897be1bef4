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

#endif
