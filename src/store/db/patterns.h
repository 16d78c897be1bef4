/*
 * thimble_like(pattern, text), thimble_ilike(pattern, text): LIKE with and without case, as
 * base/like.h has it, for statements made from requests; regexp(pattern, text), which is also the
 * operator REGEXP, and regexpi(pattern, text): base/regexp.h, for schemas as well. They look at the
 * connection's deadline while they run, as SQLite's own LIKE, a single step of its machine, does
 * not. Numbers are their text, NULL is NULL, a blob matches nothing.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_DB_PATTERNS_H
#define THIMBLE_STORE_DB_PATTERNS_H

#include <stdbool.h>

struct db;

/* Registers the functions; false without memory. */
bool patterns_register(struct db *db) __attribute__((warn_unused_result));

#endif
