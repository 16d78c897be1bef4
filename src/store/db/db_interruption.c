/*
 * How long a connection's statements may run, and who may end them.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/db/db.h"

void db_deadline(struct db *db, int64_t deadline_us)
{
    db_interruptions(db)->deadline_us = deadline_us;
    db_interruptions(db)->seen = INTERRUPTION_NONE;
}

void db_budget(struct db *db, int64_t budget_us)
{
    db_interruptions(db)->budget_us = budget_us;
    db_interruptions(db)->graces = 0;
    db_interruptions(db)->seen = INTERRUPTION_NONE;
}

void db_cancel_by(struct db *db, const _Atomic bool *cancelled)
{
    db_interruptions(db)->cancelled = cancelled;
}

int db_busy_ms(struct db *db, int busy_ms)
{
    int before = db_interruptions(db)->busy_ms;

    db_interruptions(db)->busy_ms = busy_ms;
    return before;
}

enum interruption db_interruption(struct db *db)
{
    return interruptions_look(db_interruptions(db));
}

bool db_stops(struct db *db, struct error *e)
{
    if (db_interruption(db) == INTERRUPTION_NONE)
        return false;
    return interruptions_tell(db_interruptions(db), e);
}

bool db_is_overdue(struct db *db)
{
    return db_interruption(db) != INTERRUPTION_NONE;
}
