/* SPDX-License-Identifier: MIT */
#include "store/run/change_row.h"

#include "store/catalog/catalog.h"
#include "store/catalog/diagnose.h"
#include "store/db/db.h"
#include "store/db/identity.h"
#include "store/db/keys.h"
#include "store/db/statement.h"
#include "store/run/operation_row.h"

/* Which value of a row is the column's; -1: none is. */
static long place_of(const struct operation *op, int column)
{
    for (size_t i = 0; i < op->width; i++) {
        if (op->change->columns[i] == column)
            return (long)i;
    }
    return -1;
}

/* ---- why a row could not be written */

void change_place(const struct operation *op, struct error *e)
{
    e->row = (long)op->run;
    if (op->source)
        op->source->place(op->source->context, e);
}

void change_explain_key(const struct operation *op, struct db *db, struct error *e)
{
    const struct change *change = op->change;
    struct query where;

    if (change->columns)
        diagnose_missing_parent(db, change->table, change->columns, operation_row(op), op->width,
                                e);
    if (e->constraint[0] || !change->where)
        return;
    if (change->where(op->context, &where))
        diagnose_still_referenced(db, change->table, where.sql, where.values, where.n_values, e);
}

void change_explain(const struct operation *op, struct db *db, struct error *e)
{
    const struct change *change = op->change;
    bool before = db_as_owner(db, true); /* what its words may tell is for resource/ to say */

    if (e->code == ERROR_FOREIGN_KEY)
        change_explain_key(op, db, e);
    else if (e->code == ERROR_UNIQUE && change->columns)
        diagnose_duplicate(change->table, change->columns, operation_row(op), op->width, e);
    db_as_owner(db, before);
    if (change->names_row)
        change_place(op, e);
}

/* ---- one row */

/* Keeps what tells the one row apart that a view's trigger made. */
static bool keep_made(struct operation *op, struct db *db, struct error *e)
{
    const struct change *change = op->change;
    bool before = db_as_owner(db, true); /* the table beneath is the view's, not whoever asks */
    struct statement *st = statement_get(db, change->made.sql, e);
    const struct value rowid = value_integer(change->watch->rowid);
    enum step step = STEP_FAILED;
    bool kept = true;

    if (st && statement_bind(st, &rowid, 1, e))
        step = statement_step(st, e);
    if (step == STEP_ROW)
        kept = keys_add(op->keys, statement_row(st), change->made_at, e);
    statement_release(st);
    db_as_owner(db, before);
    return kept && step != STEP_FAILED;
}

static enum row_verdict take_changed(struct operation *op, struct db *db, const struct row *row,
                                     struct error *e)
{
    const struct db_watch *watch = op->change->watch;

    if (!watch || watch->n != 1)
        return operation_take_row(op, db, row, e);
    return keep_made(op, db, e) ? ROW_MORE : ROW_FAILED;
}

/* Runs a statement with the row op->run. */
static bool change_row(struct operation *op, struct db *db, struct statement *st,
                       const struct query *query, struct error *e)
{
    struct db_watch *watch = op->change->watch;
    enum operation_run run;

    if (watch)
        watch->n = 0;
    run = operation_run_row(op, db, st, query, take_changed, e);
    if (run == OPERATION_FAILED)
        change_explain(op, db, e);
    return run == OPERATION_DONE;
}

/* ---- rows that may be there already */

/* Binds the values of the key that is met. */
static bool bind_target(struct operation *op, struct statement *st, struct error *e)
{
    const struct value *row = operation_row(op);

    for (size_t i = 0; i < op->change->n_target; i++) {
        if (!statement_bind_more(st, i, &row[place_of(op, op->change->target[i])], 1, e))
            return false;
    }
    return true;
}

static bool gives_target(const struct operation *op)
{
    for (size_t i = 0; i < op->change->n_target; i++) {
        if (place_of(op, op->change->target[i]) < 0)
            return false;
    }
    return true;
}

/* Asks whether the row is there, and counts it if it is not. */
static bool look_for_row(struct operation *op, struct db *db, bool *there, struct error *e)
{
    struct change *change = op->change;
    struct statement *st;
    bool known;

    *there = false;
    if (!gives_target(op)) { /* SQLite makes a new one */
        change->created++;
        return true;
    }
    st = statement_get(db, change->exists.sql, e);
    known = st && bind_target(op, st, e) && statement_step(st, e) == STEP_ROW;
    if (known)
        *there = statement_integer(st, 0) != 0;
    statement_release(st);
    change->created += known && !*there;
    return known;
}

/* A rowid that the row has not. */
static int64_t other_rowid(const struct operation *op)
{
    int alias = op->change->table->rowid_alias;
    long at = alias < 0 ? -1 : place_of(op, alias);
    const struct value *v = at < 0 ? NULL : &operation_row(op)[at];
    bool smallest = v && v->type == VALUE_INTEGER && v->as.integer == INT64_MIN;

    return smallest ? INT64_MAX : INT64_MIN;
}

/* Where rows have rowids SQLite tells which are new: the others leave the last one as it was. */
static bool change_counted(struct operation *op, struct db *db, struct statement *st,
                           struct error *e)
{
    const int64_t none = other_rowid(op);

    db_forget_rowid(db, none);
    if (!change_row(op, db, st, &op->query, e))
        return false;
    op->change->created += db_last_rowid(db) != none;
    return true;
}

/* A view takes no upsert: a row is there and is changed, or is made. */
static bool change_in_view(struct operation *op, struct db *db, struct error *e)
{
    const struct query *query;
    struct statement *st;
    bool there, ok;

    if (!look_for_row(op, db, &there, e))
        return false;
    query = there ? &op->change->instead : &op->query;
    st = statement_get(db, query->sql, e);
    ok = st && change_row(op, db, st, query, e);
    statement_release(st);
    return ok;
}

bool change_write(struct operation *op, struct db *db, struct statement *st, struct error *e)
{
    bool there;

    if (!st)
        return change_in_view(op, db, e);
    switch (op->change->meeting) {
    case MEETING_NONE: break;
    case MEETING_COUNTED: return change_counted(op, db, st, e);
    case MEETING_ASKED:
        if (!look_for_row(op, db, &there, e))
            return false;
        break;
    }
    return change_row(op, db, st, &op->query, e);
}
