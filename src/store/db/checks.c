/* SPDX-License-Identifier: MIT */
#include "store/db/checks.h"

#include <sqlite3.h>

#include "base/slice.h"
#include "store/access/access.h"
#include "store/db/db.h"
#include "store/db/statement_cache.h"

/* A row that an UPDATE or DELETE has from the role's view for it was looked at there, as it was before the
 * statement; one that an upsert meets, or a named query changes, was not. */
static bool looks_at(const struct statement_write *write, struct slice trigger)
{
    if (slice_is(trigger, "ai"))
        return write->rights & RIGHT_INSERT;
    if (slice_is(trigger, "au"))
        return write->rights & RIGHT_UPDATE;
    if (slice_is(trigger, "bu"))
        return write->rights & ~write->chosen & RIGHT_UPDATE;
    return write->rights & ~write->chosen & RIGHT_DELETE;
}

/* The row that the statement says it changes, if it says so at all. */
static bool is_at_row(struct db *db, const struct statement *st, sqlite3_value *rowid)
{
    if (!st->write.tells_rows || sqlite3_value_type(rowid) != SQLITE_INTEGER)
        return true;
    return sqlite3_value_int64(rowid) == *db_row_at_hand(db);
}

static void row(sqlite3_context *context, int n, sqlite3_value **values)
{
    (void)n;

    *db_row_at_hand(sqlite3_user_data(context)) = sqlite3_value_int64(values[0]);
    sqlite3_result_value(context, values[1]);
}

static void checks(sqlite3_context *context, int n, sqlite3_value **values)
{
    struct db *db = sqlite3_user_data(context);
    const struct statement *st = *db_running(db);
    bool is_its, holds = false;
    (void)n;

    is_its = st && st->serial == (uint64_t)sqlite3_value_int64(values[0]) &&
             st->write.table == (size_t)sqlite3_value_int64(values[1]) + 1;
    if (is_its)
        holds = looks_at(&st->write, slice_from((const char *)sqlite3_value_text(values[2]))) &&
                is_at_row(db, st, values[3]);
    sqlite3_result_int(context, holds);
}

bool checks_register(struct db *db, struct error *e)
{
    /* Of temporary triggers and of statements alone, not of a schema's. */
    const int flags = SQLITE_UTF8 | SQLITE_DIRECTONLY;
    sqlite3 *handle = db_handle(db);
    int rc = sqlite3_create_function_v2(handle, "thimble_checks", 4, flags, db, checks, NULL, NULL,
                                        NULL);

    if (rc == SQLITE_OK)
        rc = sqlite3_create_function_v2(handle, "thimble_at", 2, flags, db, row, NULL, NULL, NULL);
    return rc == SQLITE_OK || error_set(e, ERROR_MEMORY, "out of memory");
}
