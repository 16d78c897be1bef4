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

static void checks(sqlite3_context *context, int n, sqlite3_value **values)
{
    const struct statement *st = *db_running(sqlite3_user_data(context));
    bool is_its, holds = false;
    (void)n;

    is_its = st && st->serial == (uint64_t)sqlite3_value_int64(values[0]) &&
             st->write.table == (size_t)sqlite3_value_int64(values[1]) + 1;
    if (is_its)
        holds = looks_at(&st->write, slice_from((const char *)sqlite3_value_text(values[2])));
    sqlite3_result_int(context, holds);
}

bool checks_register(struct db *db, struct error *e)
{
    if (sqlite3_create_function_v2(db_handle(db), "thimble_checks", 3,
                                   SQLITE_UTF8 | SQLITE_INNOCUOUS, db, checks, NULL, NULL,
                                   NULL) == SQLITE_OK)
        return true;
    return error_set(e, ERROR_MEMORY, "out of memory");
}
