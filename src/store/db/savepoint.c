/* SPDX-License-Identifier: MIT */
#include "store/db/savepoint.h"

#include "store/db/db.h"

bool savepoint_begin(struct db *db, struct error *e)
{
    return db_run(db, (struct slice)SLICE_LITERAL("SAVEPOINT row"), e);
}

bool savepoint_release(struct db *db, struct error *e)
{
    return db_run(db, (struct slice)SLICE_LITERAL("RELEASE row"), e);
}

void savepoint_undo(struct db *db)
{
    struct error ignored = error_none();

    if (!db_in_transaction(db))
        return;
    if (db_run(db, (struct slice)SLICE_LITERAL("ROLLBACK TO row"), &ignored) &&
        savepoint_release(db, &ignored))
        return;
    db_rollback(db);
}
