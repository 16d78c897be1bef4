/*
 * Whether a database is sound: PRAGMA integrity_check (sqlite.org/pragma.html#pragma_integrity_check),
 * where the program has the functions and collations of the schema, and what goes without them where
 * it has not.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_FILES_INTEGRITY_H
#define THIMBLE_STORE_FILES_INTEGRITY_H

#include <stdbool.h>

#include "base/error.h"
#include "base/slice.h"

struct db;

enum finding {
    FINDING_DAMAGE,    /* pages that make no sense, or an index that does not fit its table */
    FINDING_ROW,       /* a row that its own schema would not take today: nothing is lost of it */
    FINDING_ORPHAN,    /* a row whose foreign key leads nowhere */
    FINDING_UNCHECKED, /* why a table could not be looked at: the schema calls what is not there */
};

struct integrity {
    struct db *db;
    /* Told what is found, and of which table or view (empty: of the whole file). False: enough. */
    bool (*tell)(void *context, enum finding kind, struct slice table, struct slice text);
    void *context;
};

/*
 * Looks at the whole file at once, and table after table where that cannot be. FINDING_ORPHAN is not
 * looked for. True: it was looked at to its end. False: `tell` had enough, or, with an error, it cannot
 * be looked at any further; ERROR_TIMEOUT: a progress handler has stopped it.
 */
bool integrity_of_file(const struct integrity *to, struct error *e)
    __attribute__((warn_unused_result));

/* Looks at the pages of the whole file, then at each table with its indexes, so that each finding names its
 * table; then at the foreign keys. As above. */
bool integrity_of_tables(const struct integrity *to, struct error *e)
    __attribute__((warn_unused_result));

#endif
