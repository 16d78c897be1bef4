/*
 * SQLite's memory is the process's: counted with MEMORY_SQLITE (base/memory.h), and refused past its
 * share, which SQLite takes for the want of memory that it is.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_DB_DB_MEMORY_H
#define THIMBLE_STORE_DB_DB_MEMORY_H

#include <stdbool.h>

#include "base/error.h"

/* Before the first connection is opened: from now on it is so. */
void db_count_memory(void);

/* True if the budget refused what this request, or SQLite for it, had no memory for, and then says so
 * in `e`: ERROR_MEMORY if others have it now, ERROR_TOO_COMPLEX if the request alone would have too
 * much. */
bool db_memory_failure(struct error *e);

/* The same of a failure that is ERROR_MEMORY already. */
void db_memory_explain(struct error *e);

#endif
