/*
 * One claim of a JSON object of them, read in place. Pure.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_DB_CLAIM_H
#define THIMBLE_STORE_DB_CLAIM_H

#include <stdbool.h>

#include "base/json.h"
#include "base/slice.h"

/* Bytes of a path, and levels that it may go down. */
#define CLAIM_PATH_MAX 256
#define CLAIM_DEPTH    16

/*
 * The member by the name `path`; where there is none, by a path whose names have a dot between them: the
 * member of an object that is a member. Of two that have one name the last counts. False: there is none,
 * or `claims` is no JSON object.
 */
bool claim_find(struct slice claims, struct slice path, struct json_item *out);

#endif
