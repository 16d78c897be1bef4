/*
 * The rows of a source: what is looked at between two of them, and those that are written each as if it
 * were sent alone.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/catalog/catalog.h"
#include "store/db/db.h"
#include "store/db/keys.h"
#include "store/db/row_fault.h"
#include "store/db/savepoint.h"
#include "store/run/change_row.h"
#include "store/run/deferred.h"
#include "store/run/operation_row.h"

/* Rows between two looks at whether the job is to stop. */
#define LOOK_ROWS 256

/* Rows whose list of keys is looked at, and emptied. */
#define CHECK_ROWS 4096

/* Looks at the rows whose keys are in the list, which is empty then. */
static bool check_keys(struct operation *op, struct db *db, struct error *e)
{
    bool ok = operation_run_as_owner(op->check, db, e);

    keys_clear(op->keys);
    return ok;
}

bool change_looks(struct operation *op, struct db *db, struct error *e)
{
    if (op->run % LOOK_ROWS == 0 && db_stops(db, e))
        return false;
    if (!op->check || op->keys->n < CHECK_ROWS)
        return true;
    return check_keys(op, db, e);
}

/* ---- each alone */

/* What a row that is taken back has counted. */
struct counts {
    size_t n_given, changed, created;
};

static struct counts counts_of(const struct operation *op)
{
    return (struct counts){op->n_given, op->changed, op->change->created};
}

static void set_counts(struct operation *op, const struct counts *counts)
{
    op->n_given = counts->n_given;
    op->changed = counts->changed;
    op->change->created = counts->created;
}

/* True if something may stay of a row that has failed, or it fails when its statement has ended: a
 * trigger's RAISE(FAIL), a foreign key that is deferred, a policy. */
static bool needs_guard(const struct operation *op)
{
    const struct table *table = op->change->table;

    return table->kind != TABLE_TABLE || table->has_triggers || table->n_foreign > 0 || op->check;
}

/* What else must hold of a row that is written. */
static bool holds(struct operation *op, struct db *db, struct error *e)
{
    if (op->check && !check_keys(op, db, e))
        return false;
    if (deferred_keys_hold(db))
        return true;
    error_set(e, ERROR_FOREIGN_KEY, "insert or update violates a foreign key constraint");
    change_explain(op, db, e);
    return false;
}

static bool write_guarded(struct operation *op, struct db *db, struct statement *st,
                          struct error *e)
{
    if (!savepoint_begin(db, e))
        return false;
    if (change_write(op, db, st, e) && holds(op, db, e))
        return savepoint_release(db, e);
    savepoint_undo(db);
    return false;
}

/* Leaves the row out, if it is at fault and what was written before it stands. */
static bool reject(struct operation *op, struct db *db, struct error *cause, struct error *e)
{
    const struct row_source *source = op->source;

    change_place(op, cause);
    if (db_in_transaction(db) && row_fault(cause->code))
        return source->reject(source->context, cause, e);
    *e = *cause;
    return false;
}

static bool write_alone(struct operation *op, struct db *db, struct statement *st, bool guarded,
                        struct error *e)
{
    const struct counts before = counts_of(op);
    struct error cause = error_none();
    bool ok;

    if (guarded)
        ok = write_guarded(op, db, st, &cause);
    else
        ok = change_write(op, db, st, &cause);
    if (ok)
        return true;
    set_counts(op, &before);
    if (op->keys)
        keys_clear(op->keys);
    return reject(op, db, &cause, e);
}

bool change_each_alone(struct operation *op, struct db *db, struct statement *st, struct error *e)
{
    const struct row_source *source = op->source;
    bool guarded = needs_guard(op), ok = true;

    while (ok) {
        struct error cause = error_none();
        enum source_step step = operation_next_row(op, &cause);

        if (step == SOURCE_END)
            return true;
        if (step == SOURCE_FAILED) {
            *e = cause;
            return false;
        }
        if (step == SOURCE_REFUSED)
            ok = source->reject(source->context, &cause, e);
        else
            ok = write_alone(op, db, st, guarded, e);
        if (ok && op->run % LOOK_ROWS == 0)
            ok = !db_stops(db, e);
    }
    return false;
}
