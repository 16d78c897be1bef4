/*
 * A connection's own. Private to db.c and db_open.c: others go by db.h's functions.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_DB_DB_PRIVATE_H
#define THIMBLE_STORE_DB_DB_PRIVATE_H

#include <sys/stat.h>

#include "base/metrics.h"
#include "store/db/collation.h"
#include "store/db/db.h"

struct statement_cache;

struct db {
    struct sqlite3 *handle;
    struct statement_cache *statements;
    struct collations collations;
    struct interruptions interruptions;
    struct identity *who; /* its statements are for, or NULL */
    bool for_reading;     /* DB_READ */
    bool allow_prepare;   /* …but a write may be prepared now, not run */
    bool read_only;
    bool temporary_files;   /* else memory (store/db/temporary.h) */
    const char *still_path; /* opened as a file that does not change; NULL: it is not */
    struct stat still;      /* what it was then */
    struct counter page_hits, page_misses;
};

#endif
