/* SPDX-License-Identifier: MIT */
#include "store/run/change.h"

#include "store/catalog/catalog.h"
#include "store/db/db.h"
#include "store/db/identity.h"
#include "store/db/statement.h"
#include "store/run/change_row.h"
#include "store/run/deferred.h"
#include "store/run/operation_row.h"

static bool is_lenient(const struct operation *op)
{
    return op->source && op->source->reject;
}

static bool write_rows(struct operation *op, struct db *db, struct statement *st, struct error *e)
{
    enum source_step step = SOURCE_ROW;
    bool ok = true;

    while (ok && (step = operation_next_row(op, e)) == SOURCE_ROW) {
        ok = change_write(op, db, st, e);
        if (ok && op->source)
            ok = change_looks(op, db, e);
    }
    return ok && step == SOURCE_END;
}

static bool each_row(struct operation *op, struct db *db, struct error *e)
{
    bool in_view = op->change->instead.sql.len > 0;
    struct statement *st = NULL;
    bool ok = operation_first_row(op, e);

    if (ok && !in_view) {
        st = statement_get(db, op->query.sql, e);
        ok = st != NULL;
    }
    if (ok && is_lenient(op))
        ok = change_each_alone(op, db, st, e);
    else if (ok)
        ok = write_rows(op, db, st, e);
    statement_release(st);
    return ok;
}

/* Of which row it is, is looked for as if it alone had been written. */
static bool missing_parent(struct operation *op, struct db *db, struct error *e)
{
    bool before = db_as_owner(db, true);
    struct error ignored = error_none();
    bool more = operation_first_row(op, &ignored);

    error_set(e, ERROR_FOREIGN_KEY, "insert or update violates a foreign key constraint");
    while (more && operation_next_row(op, &ignored) == SOURCE_ROW) {
        change_explain_key(op, db, e);
        more = !e->constraint[0] && !db_stops(db, &ignored);
    }
    if (e->constraint[0] && op->change->names_row)
        change_place(op, e);
    db_as_owner(db, before);
    return false;
}

static bool may_be_many(const struct operation *op)
{
    return op->source || op->n_rows > 1;
}

/* True if one row may be another's parent. */
static bool may_be_parents(const struct operation *op)
{
    const struct table *table = op->change->table;

    if (op->change->instead.sql.len > 0)
        return false;
    for (size_t k = 0; may_be_many(op) && k < table->n_referring; k++) {
        if (table->referring[k]->child == table)
            return true;
    }
    return false;
}

/* Rows that are written by one request have their parents when all are there, as in PostgreSQL's one
 * statement. */
static bool all_rows(struct operation *op, struct db *db, struct error *e)
{
    bool ok;

    if (is_lenient(op) || !may_be_parents(op))
        return each_row(op, db, e);
    if (!deferred_keys_begin(db, e))
        return false;
    ok = each_row(op, db, e) && (deferred_keys_hold(db) || missing_parent(op, db, e));
    deferred_keys_end(db);
    return ok;
}

bool change_run(struct operation *op, struct db *db, struct error *e)
{
    struct change *change = op->change;
    struct db_watch watch = {.table = change->made_in};
    bool watches = change->made.sql.len > 0, ok;

    change->watch = watches ? &watch : NULL;
    if (watches)
        db_watch(db, &watch);
    ok = all_rows(op, db, e);
    if (watches)
        db_watch(db, NULL);
    change->watch = NULL;
    change->last_made = db_last_rowid(db);
    return ok;
}
