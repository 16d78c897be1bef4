/* SPDX-License-Identifier: MIT */
#include "store/db/authorizer.h"

#include <sqlite3.h>

#include "store/access/fence.h"

/*
 * sqlite.org/c3ref/set_authorizer.html: what a reading connection may do. Virtual tables prepare
 * statements of their own that change their shadow tables, long before they run one: those pass
 * here, fail if they are run, as the file is open for reading, and are refused to everyone else by
 * db_may_prepare.
 */
static bool is_reading(int action)
{
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
        return true;
    default: return false;
    }
}

/*
 * A statement is prepared for a role while there is a fence. What is prepared while one runs comes
 * of virtual tables, or is a statement that passed before: the schema has changed.
 */
static int authorize(void *context, int action, const char *a, const char *b, const char *schema,
                     const char *place)
{
    const struct authorizer *authorizer = context;

    if (authorizer->reads_only && !authorizer->allow_prepare && !is_reading(action))
        return SQLITE_DENY;
    if (authorizer->fence && !fence_allows(authorizer->fence, action, a, b, schema, place))
        return SQLITE_DENY;
    return SQLITE_OK;
}

void authorizer_install(struct authorizer *authorizer, struct sqlite3 *handle)
{
    authorizer->installed = true;
    sqlite3_set_authorizer(handle, authorize, authorizer);
}
