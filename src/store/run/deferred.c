/* SPDX-License-Identifier: MIT */
#include "store/run/deferred.h"

#include <sqlite3.h>

#include "store/db/db.h"

/* sqlite.org/c3ref/c_dbstatus_options.html */
bool deferred_keys_hold(struct db *db)
{
    int violated = 0, unused = 0;

    sqlite3_db_status(db_handle(db), SQLITE_DBSTATUS_DEFERRED_FKS, &violated, &unused, 0);
    return !violated;
}

/* sqlite.org/pragma.html#pragma_defer_foreign_keys */
bool deferred_keys_begin(struct db *db, struct error *e)
{
    return db_exec(db, "PRAGMA defer_foreign_keys=ON", e);
}

void deferred_keys_end(struct db *db)
{
    /* If it fails, what is deferred is looked at when the job ends. */
    (void)sqlite3_exec(db_handle(db), "PRAGMA defer_foreign_keys=OFF", NULL, NULL, NULL);
}
