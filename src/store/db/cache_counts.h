/*
 * What connections count of their caches, for metrics.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_DB_CACHE_COUNTS_H
#define THIMBLE_STORE_DB_CACHE_COUNTS_H

#include <stdint.h>

/* How often the caches of connections had what was asked for. */
struct db_cache_counts {
    uint64_t page_hits, page_misses, statement_hits, statement_misses;
};

#endif
