/*
 * What a job does to the database, as data: a list of operations, run one after the other in the job's
 * savepoint. All of it is done, or nothing. So rows cross into this floor and out of it, and what is
 * needed for that -- connections, statements, rowids, which row SQLite made last -- stays here.
 *
 * An operation is a statement with its values. It runs once for each row of a matrix of values, or of a
 * source that has more rows than memory holds.
 *   - What it gives, a SELECT's rows or RETURNING's, goes to its sink on the writer's thread, without a
 *     copy; or what tells the rows apart is kept in a list, which a later statement reads as a table.
 *   - Its judge looks at each run's outcome and may refuse: a guard is a SELECT with a judge. It must find
 *     a row, or none, or its sink compares. A sink may also change the values of operations behind it.
 *   - Its outcome is how many rows it gave and changed; of a change (struct change) how many rows are new,
 *     and what the engine called the last of them.
 *   - It may depend on another before it: nothing is done if that wrote nothing, or it reads the row that
 *     the other made.
 *
 * The owner makes the list on its own thread, in an arena, and may not touch it until the job is back.
 * The list may be run again from the start (store/run/writer.h): `begin` forgets what was answered.
 *
 * Another engine runs the same lists: it needs statements in its own SQL (query/), RETURNING, a way to
 * read a list of keys, and a savepoint.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_RUN_OPERATION_H
#define THIMBLE_STORE_RUN_OPERATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "store/row.h"

struct change;
struct db;
struct db_watch;
struct keys;
struct operation;
struct table;

/* What a source has next. */
enum source_step {
    SOURCE_ROW,
    SOURCE_END,
    SOURCE_REFUSED, /* a row that is none, or has a value that its column does not take: the error says why */
    SOURCE_FAILED, /* the source itself has failed */
};

/*
 * Rows that come one by one, on the writer's thread, in place of a matrix: `width` values each, which are
 * there until the next is asked for.
 */
struct row_source {
    enum source_step (*next)(void *context, const struct value **row, struct error *e);
    /* Before the first row, also when the list is run again: false with the error. */
    bool (*rewind)(void *context, struct error *e);
    /* Says in the error, which is of the row given last, which row that is. */
    void (*place)(void *context, struct error *e);
    /* Notes a row that is left out, and why; NULL: one that cannot be written fails the list. False with
     * the error: no more may be left out. Each row is then written as if it were sent alone. */
    bool (*reject)(void *context, const struct error *cause, struct error *e);
    void *context;
};

/* After the rows of a run: false, with the error, undoes the whole list. */
typedef bool operation_judge(void *context, const struct operation *op, struct error *e);

struct operation {
    struct operation *next;
    struct query query;       /* …whose values come after those of a row of the matrix */
    const struct value *rows; /* the matrix, row by row; its values may change until it is run */
    size_t width;             /* values of a row, 0: none */
    size_t n_rows;            /* how many rows, and how often it runs: 0 is never */
    const struct row_source *source; /* …in place of the matrix, or NULL */
    row_sink *sink;                  /* NULL: rows are counted only */
    operation_judge *judge;          /* NULL: every outcome is well */
    void *context;                   /* the sink's and the judge's */
    struct keys *keys;               /* NULL, or where it is kept what tells its rows apart: */
    size_t keys_at;                  /* …columns of theirs, from this one on */
    struct operation
        *check; /* of a source's rows, or NULL: run when the list of keys is long, which is
                                   then emptied, before it runs in its own place */
    struct change *change; /* what else is to know of a table's rows that are written, or NULL */
    const struct operation *after; /* not run if this one wrote nothing; NULL: always run */
    bool as_owner;                 /* with the owner's rights, whoever asks */
    bool reads_made; /* …and its last value is what the engine calls the row that it made */

    /* The outcome. */
    size_t run;              /* which row of the matrix or the source it is, from 0 */
    const struct value *row; /* …and its values */
    size_t n_given;          /* rows that it gave, in all runs */
    size_t n_found;          /* …in this one */
    size_t changed; /* rows that it changed, in all runs: not by triggers, and none of a view's */
};

/* A row that the table has already, for an operation that inserts. */
enum meeting {
    MEETING_NONE,    /* is a failure, or ignored by the statement itself */
    MEETING_COUNTED, /* the statement changes it: rows that are new are counted */
    MEETING_ASKED,   /* the same, and `exists` says whether it is there */
};

/* A change of a table's or view's rows. */
struct change {
    const struct table *table;
    const int *columns; /* for each value of a row the column that it is the new value of, -1: it is
                              something else; NULL: no row is given (DELETE) */
    bool names_row;     /* a failure says which row of the matrix it was */
    enum meeting meeting;
    const int *target; /* the unique key that is met, n_target columns; a row without one is new */
    size_t n_target;
    struct query exists; /* counts the rows with its values, which are all parameters */
    struct query
        instead; /* what is run in place of the operation's own if it is there; or no text */
    struct slice made_in; /* the table in which a view's trigger makes the row, or empty */
    struct query
        made; /* …reads what tells it apart: its one parameter is what the engine calls it */
    size_t made_at; /* …in columns from this one on */
    /* The condition of the rows that are changed (no text: all), planned only when a foreign key has
     * failed; false: it cannot be had. NULL: none are, it inserts. */
    bool (*where)(void *context, struct query *out);

    struct db_watch *watch; /* while it runs: what is made in `made_in` */

    /* The outcome. */
    size_t created;    /* rows that were not there before; with MEETING_NONE not counted */
    int64_t last_made; /* what the engine calls the row that was made last: its integer key, if its
                          table has one */
};

struct operations {
    struct operation *first, *last;
    void (*begin)(void *context);                /* forgets an earlier run */
    bool (*end)(void *context, struct error *e); /* judges the whole */
    void *context;
};

/* An operation that runs once; in the arena. NULL without memory. */
struct operation *operation_new(struct arena *arena, struct query query, void *context);

/* Appends. */
void operations_add(struct operations *list, struct operation *op);

/* Frees what lists of keys hold. The list is not run again. */
void operations_finish(struct operations *list);

/* A list of what tells rows apart: `width` columns (at most ROW_KEYS_MAX), `max` bytes at most; in the
 * arena, but for what it holds. For one operation to fill. NULL without memory. */
struct keys *operation_keys(struct arena *arena, size_t width, size_t max);

/* The list as a parameter: store/db/keys.h says how SQL reads it. */
struct value operation_keys_value(const struct keys *keys);

/* Runs the list on the writer's connection, within a savepoint that the caller undoes if this is false,
 * with the error. */
bool operations_run(struct operations *list, struct db *db, struct error *e)
    __attribute__((warn_unused_result));

#endif
