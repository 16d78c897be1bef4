/*
 * One row of an operation that changes a table's. Private to change*.c.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_RUN_CHANGE_ROW_H
#define THIMBLE_STORE_RUN_CHANGE_ROW_H

#include "store/run/operation.h"

struct statement;

/* Writes the row that the operation stands at, by its statement; NULL: by what the row that is there
 * already asks for, in a view. False with the error, which says why. */
bool change_write(struct operation *op, struct db *db, struct statement *st, struct error *e)
    __attribute__((warn_unused_result));

/* Says of a foreign key that has failed which it is, as if the row alone had been written. */
void change_explain_key(const struct operation *op, struct db *db, struct error *e);

/* Says more of why the row could not be written, and which it is. */
void change_explain(const struct operation *op, struct db *db, struct error *e);

/* Says in the error which row it is of. */
void change_place(const struct operation *op, struct error *e);

/* Writes the rows of a source, each as if it were sent alone: those that cannot be written are left out.
 * False with the error if the rest cannot be written either. */
bool change_each_alone(struct operation *op, struct db *db, struct statement *st, struct error *e)
    __attribute__((warn_unused_result));

/* After a row of a source: false with the error if the job is to stop, or a row that was written may not
 * be. */
bool change_looks(struct operation *op, struct db *db, struct error *e)
    __attribute__((warn_unused_result));

#endif
