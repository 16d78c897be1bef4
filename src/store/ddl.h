/*
 * What SQLite keeps only as text: the names of foreign keys in a CREATE TABLE.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_DDL_H
#define THIMBLE_STORE_DDL_H

#include <stddef.h>

#include "base/arena.h"
#include "base/slice.h"

/*
 * names[0…n) become the CONSTRAINT names of the table's foreign keys in the order of
 * definition, NULL for one without a name; all NULL if the text does not hold exactly n
 * foreign keys. Names live in `arena`.
 */
void ddl_foreign_key_names(struct arena *arena, struct slice sql, const char **names, size_t n);

#endif
