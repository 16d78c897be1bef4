/*
 * One run of an operation's statement. Private to operation.c and change.c.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_RUN_OPERATION_ROW_H
#define THIMBLE_STORE_RUN_OPERATION_ROW_H

#include "store/run/operation.h"

struct statement;

enum operation_run {
    OPERATION_DONE,
    OPERATION_FAILED,  /* the statement has failed; it is reset */
    OPERATION_REFUSED, /* the rows, or what they are, are not taken */
};

/* Takes one row of the operation's. */
typedef enum row_verdict operation_take(struct operation *op, struct db *db, const struct row *row,
                                        struct error *e);

/*
 * Runs `st`, the statement of `query`, with the values of op's row op->run before the query's own.
 * Counts what it gives and changes; each row goes to `take`, and then the judge is asked.
 */
enum operation_run operation_run_row(struct operation *op, struct db *db, struct statement *st,
                                     const struct query *query, operation_take *take,
                                     struct error *e);

/* Gives a row to the operation's sink and to its list of keys (operation_take). */
enum row_verdict operation_take_row(struct operation *op, struct db *db, const struct row *row,
                                    struct error *e);

/* Before the first row, also when they are looked through again. False with the error. */
bool operation_first_row(struct operation *op, struct error *e) __attribute__((warn_unused_result));

/* Goes to the next row. SOURCE_ROW and SOURCE_END alone, of a matrix. */
enum source_step operation_next_row(struct operation *op, struct error *e);

/* The values of the row that is run; NULL: there are none. */
static inline const struct value *operation_row(const struct operation *op)
{
    return op->width ? op->row : NULL;
}

/* Runs the statement for each row. */
bool operation_run_rows(struct operation *op, struct db *db, struct error *e)
    __attribute__((warn_unused_result));

/* The same, with the owner's rights. */
bool operation_run_as_owner(struct operation *op, struct db *db, struct error *e)
    __attribute__((warn_unused_result));

#endif
