/*
 * What ANALYZE left in the database (sqlite.org/fileformat2.html#the_sqlite_stat1_table).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_CATALOG_STATISTICS_H
#define THIMBLE_STORE_CATALOG_STATISTICS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/slice.h"

struct db;

/* The rows that the table had when it was last analyzed; -1: it was not. */
bool statistics_rows(struct db *db, struct slice table, int64_t *rows, struct error *e)
    __attribute__((warn_unused_result));

#endif
