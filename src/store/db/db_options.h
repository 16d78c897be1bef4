/*
 * How connections are opened (store/db/db.h).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_DB_DB_OPTIONS_H
#define THIMBLE_STORE_DB_DB_OPTIONS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "store/db/rows.h"

enum db_synchronous { DB_SYNCHRONOUS_FULL, DB_SYNCHRONOUS_NORMAL };

struct db_options {
    enum db_synchronous synchronous; /* sqlite.org/pragma.html#pragma_synchronous */
    int64_t cache_bytes;             /* page cache of this connection */
    int64_t mmap_bytes;              /* 0: no memory-mapped I/O */
    int busy_ms;                     /* how long to wait for another process's lock */
    const _Atomic bool *stopping;    /* raised: whatever runs is stopped; NULL: never */
    bool read_only;                  /* the catalogue is of a database that nobody writes here */
    bool no_checkpoints;             /* the write-ahead log is moved by another process */
    int statement_cache;             /* prepared statements kept */
    bool lean;                       /* one of many: no memory of its own for small things */
    row_writer *write_row;           /* for nested rows; NULL: none (store/db/rows.h) */
    int64_t answer_bytes;            /* …and what they may have */
    int64_t value_bytes;             /* the longest value that a statement may make; 0: 1 GB */
};

/* Sensible defaults for commands and tests. */
struct db_options db_options_default(void);

#endif
