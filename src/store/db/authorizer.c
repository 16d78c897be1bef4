/* SPDX-License-Identifier: MIT */
#include "store/db/authorizer.h"

#include <sqlite3.h>

/*
 * sqlite.org/c3ref/set_authorizer.html: what a reading connection may do. Virtual tables prepare
 * statements of their own that change their shadow tables, long before they run one: those pass
 * here, fail if they are run, as the file is open for reading, and are refused to everyone else by
 * db_may_prepare.
 */
static int authorize_reading(void *context, int action, const char *a, const char *b,
                             const char *schema, const char *trigger)
{
    const bool *allow_prepare = context;
    (void)a, (void)b, (void)schema, (void)trigger;

    switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_FUNCTION:
    case SQLITE_RECURSIVE:
    case SQLITE_TRANSACTION:
    case SQLITE_INSERT:
    case SQLITE_UPDATE:
    case SQLITE_DELETE:
    case SQLITE_PRAGMA: /* the connection is read-only, and no PRAGMA comes from a request */
        return SQLITE_OK;
    default: return *allow_prepare ? SQLITE_OK : SQLITE_DENY;
    }
}

void authorizer_read_only(sqlite3 *handle, bool *allow_prepare)
{
    sqlite3_set_authorizer(handle, authorize_reading, allow_prepare);
}
