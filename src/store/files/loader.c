/* SPDX-License-Identifier: MIT */
#include "store/files/loader.h"

#include <unistd.h>

#include "base/clock.h"
#include "store/catalog/catalog.h"
#include "store/db/db.h"
#include "store/db/row_fault.h"
#include "store/db/savepoint.h"
#include "store/db/statement.h"

void loader_init(struct loader *l, struct db *db, const struct table *table, int64_t per_commit)
{
    *l = (struct loader){.db = db, .table = table, .per_commit = per_commit};
}

static bool begin_batch(struct loader *l, struct error *e)
{
    if (db_in_transaction(l->db))
        return true;
    if (!db_begin_immediate(l->db, e))
        return false;
    if (!l->begun_us)
        l->begun_us = clock_us();
    return true;
}

/* A trigger's RAISE(FAIL) leaves what was done before it; only a savepoint undoes that. */
static bool insert_guarded(struct loader *l, struct statement *st, struct error *e)
{
    bool ok;

    if (!savepoint_begin(l->db, e))
        return false;
    ok = statement_run(st, e);
    statement_reset(st);
    if (ok)
        return savepoint_release(l->db, e);
    savepoint_undo(l->db);
    return false;
}

static bool insert_row(struct loader *l, struct statement *st, struct error *e)
{
    bool ok;

    if (l->table->has_triggers)
        return insert_guarded(l, st, e);
    ok = statement_run(st, e);
    statement_reset(st);
    return ok;
}

/* What a failure means for the rows before it: while their transaction stands, it is the row's own. */
static enum loaded refused(const struct loader *l, enum error_code code)
{
    if (db_in_transaction(l->db) && row_fault(code))
        return LOADED_REFUSED;
    return LOADED_FAILED;
}

enum loaded loader_row(struct loader *l, struct statement *st, const struct value *values, size_t n,
                       struct error *e)
{
    bool nothing_changed;

    if (!begin_batch(l, e))
        return LOADED_FAILED;
    if (!statement_bind(st, values, n, e))
        return LOADED_FAILED;
    if (!insert_row(l, st, e))
        return refused(l, e->code);
    l->waiting++;
    /* A trigger in the place of a view's INSERT counts no change (sqlite.org/c3ref/changes.html). */
    nothing_changed = l->table->kind == TABLE_TABLE && db_changes(l->db) == 0;
    if (nothing_changed)
        l->present++;
    else
        l->written++;
    return LOADED_ROW;
}

bool loader_is_full(const struct loader *l)
{
    return l->per_commit > 0 && l->waiting >= l->per_commit;
}

bool loader_commit(struct loader *l, struct error *e)
{
    if (db_in_transaction(l->db) && !db_commit(l->db, e)) {
        loader_abandon(l);
        return false;
    }
    l->waiting = 0;
    l->committed = l->written;
    if (l->begun_us && clock_us() - l->begun_us >= LOADER_HOLD_US) {
        usleep(LOADER_REST_US);
        l->begun_us = 0;
    }
    return true;
}

void loader_abandon(struct loader *l)
{
    db_rollback(l->db);
    l->waiting = 0;
    l->written = l->committed;
}
