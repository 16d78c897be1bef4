/*
 * Do the presets of a role compile?
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_ACCESS_ACCESS_PRESETS_H
#define THIMBLE_STORE_ACCESS_ACCESS_PRESETS_H

#include <stdbool.h>

#include "base/error.h"
#include "store/catalog/catalog.h"

struct db;

/* Looks at each as the role's writes have it; its views are on the connection. False with ERROR_FAILURE in one
 * line: file:line:column of the column, and what is wrong. */
bool access_presets_fit(struct db *db, const struct catalog *role, struct error *e)
    __attribute__((warn_unused_result));

#endif
