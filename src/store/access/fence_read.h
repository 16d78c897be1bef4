/*
 * What a role's statement may read. Private to fence*.c.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_ACCESS_FENCE_READ_H
#define THIMBLE_STORE_ACCESS_FENCE_READ_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "store/access/fence.h"

/* The table or view of the whole database, in any case; NULL: there is none. And the role's. */
const struct table *fence_find_table(const struct catalog *catalog, struct slice name);
const struct table *fence_own(const struct fence *f, const struct table *whole);

/* Is the context a view or trigger of the schema's? What is in it is its owner's. */
bool fence_is_owned(const struct fence *f, const char *context);

bool fence_is_among(int column, const int *columns, size_t n);

/* SQLITE_READ; `column` is empty where none is read of a table that is mentioned. */
bool fence_may_read(struct fence *f, const char *name, const char *column, const char *schema,
                    const char *context);

/* What is no table of the catalogue: a table-valued function, what a virtual table keeps its own in. */
bool fence_may_read_other(const struct fence *f, struct slice name);

/* The table is written, or a foreign key's action writes it. */
void fence_note_written(struct fence *f, const struct table *table);

#endif
