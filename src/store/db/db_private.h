/*
 * A connection's own. Private to db.c and db_open.c: others go by db.h's functions.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_DB_DB_PRIVATE_H
#define THIMBLE_STORE_DB_DB_PRIVATE_H

#include <sys/stat.h>

#include "base/metrics.h"
#include "store/db/authorizer.h"
#include "store/db/collation.h"
#include "store/db/db.h"

struct statement_cache;

/* Which roles' views the connection has. */
struct role_views_made {
    uint64_t *serials; /* by role, of the catalogue that they fit; 0: none */
    size_t n;
    bool unsettled; /* made in the transaction that is open: with it they would go */
};

struct db {
    struct sqlite3 *handle;
    struct statement_cache *statements;
    struct collations collations;
    struct interruptions interruptions;
    struct identity *who; /* its statements are for, or NULL */
    bool as_owner;        /* …but the house asks now */
    struct authorizer authorizer;
    const struct statement *running; /* that was stepped last */
    int64_t row_at_hand;             /* of that, if it says so (store/db/checks.h) */
    struct role_views_made views;
    bool for_reading; /* DB_READ */
    bool read_only;
    bool temporary_files;   /* else memory (store/db/temporary.h) */
    const char *still_path; /* opened as a file that does not change; NULL: it is not */
    struct stat still;      /* what it was then */
    struct counter page_hits, page_misses;
};

#endif
