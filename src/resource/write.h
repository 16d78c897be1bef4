/*
 * A write on its way: planned on the loop, run on the writer's thread, answered on the
 * loop. Private to the writing verbs.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_RESOURCE_WRITE_H
#define THIMBLE_RESOURCE_WRITE_H

#include <stdbool.h>
#include <stddef.h>

#include "query/literal.h"
#include "resource/body.h"
#include "resource/call.h"
#include "store/db/db.h"
#include "store/db/keys.h"

enum write_kind { WRITE_INSERT, WRITE_REPLACE, WRITE_UPDATE, WRITE_DELETE };

/* What the answer's body holds. */
enum write_answer { ANSWER_NOTHING, ANSWER_OBJECT, ANSWER_ROWS };

/* How the rows come that the answer shows, or whose key it names. */
enum readback {
    READ_NOTHING,  /* they do not */
    READ_COUNTED,  /* not either, but RETURNING counts them: SQLite counts no changes of a view */
    READ_RETURNED, /* RETURNING gives them as they are shown */
    READ_KNOWN,    /* the one row, by the rowid that it was given, or by the path */
    READ_AGAIN,    /* RETURNING gives what tells them apart; they are read when triggers have run */
    READ_BEFORE,   /* they are read before they are deleted */
    READ_GONE,     /* …and those are left out that triggers have kept */
};

/* A column of the key of a PUT, whose text in the path may be the number or bytes that are stored. */
struct meant_key {
    size_t at;          /* its place in the body's row */
    size_t nth;         /* …and in the key */
    struct value typed; /* what a new row has */
    struct literal literal;
};

struct write {
    enum write_kind kind;
    enum write_answer answer;
    bool one_row;           /* a row path: no row is a failure */
    struct body body;       /* no columns for WRITE_DELETE */
    enum conflict conflict; /* WRITE_INSERT, WRITE_REPLACE */
    const int *target;      /* …and the unique key that is meant, n_target columns */
    size_t n_target;
    const char *target_where; /* …of the rows of which this holds alone, or NULL */
    enum readback readback;
    struct plan plan;    /* the statement, once for each row of the body */
    struct plan update;  /* …of a view's row that is there, which takes no upsert; or no text */
    struct plan exists;  /* asks whether the row is there already; no text: SQLite tells */
    struct plan select;  /* reads the rows, by `readback` */
    struct plan present; /* READ_GONE: finds those that are there */
    struct plan
        made; /* reads the key of a row that a view's trigger made, by its rowid; or no text */
    struct plan generated; /* finds the row if its generated columns are as the body has them */
    const char *generated_column; /* …the first of them */
    struct plan stored;           /* finds the key that the path of a PUT means; or no text */
    struct meant_key *meant;      /* …its columns that may be stored otherwise, n_meant of them */
    size_t n_meant;
    struct plan misfits;   /* reads what the rows hold of what does not fit; or no text */
    int *misfit_columns;   /* …these columns, in this order */
    struct value *met_key; /* …of the one that an upsert meets, by what each column of its key may
                              * be; NULL: of those that the filter finds */
    struct plan rival;     /* finds another row of the new one's path, by rival_key; or no text */
    struct value *rival_key; /* …one for each column of the key */
    bool has_rival;          /* …it is there: Location would lead to it */
    struct plan current;     /* what preconditions are compared with; no text: there are none */
    struct value *bound;     /* what one run binds */
    struct value *key;       /* the key of the row that was made, for Location; in the arena */
    bool has_key;
    struct keys keys;      /* what tells the rows apart */
    struct db_watch watch; /* the rows that a view's trigger makes */
    struct buf pieces;     /* READ_GONE: rows as they are shown, one after another */
    struct buf ends;       /* …and where each ends, as size_t */
    size_t created;        /* rows that were not there before */
    size_t affected;       /* rows written */
    size_t shown;          /* rows in the reply: a trigger may have taken one away again */
};

/* A zeroed write in the call's arena, put into call->state; NULL with the error. */
struct write *write_new(struct call *call, enum write_kind kind);

/*
 * What the answer holds: with no preference an object that is addressed alone comes back, many do
 * not; an explicit representation is an array, as in PostgREST.
 */
enum write_answer write_choose_answer(const struct call *call, bool alone);

/* write_plan and write_submit. */
enum progress write_plan_and_submit(struct call *call, struct write *w);

/* Makes the statements for the body that is parsed. */
bool write_plan(struct call *call, struct write *w) __attribute__((warn_unused_result));

/* Decides how the rows come back. False with ERROR_UNSUPPORTED if they cannot. */
bool write_choose_readback(struct call *call, struct write *w) __attribute__((warn_unused_result));

/* What the statement that writes is to give back. */
enum returning write_returning(const struct call *call, const struct write *w);

/* True if the answer may name the key of the row that was made. */
bool write_names_key(const struct call *call, const struct write *w);

/* True if a row that is there already is changed: then those that are new are counted. */
static inline bool write_may_meet(const struct write *w)
{
    return w->conflict == CONFLICT_MERGED || w->conflict == CONFLICT_REPLACED;
}

/* True if the body itself gives every column of the key, so that no one need be asked. */
bool write_key_is_given(const struct call *call, const struct write *w);

/* Sets Preference-Applied to the preferences that the answer follows. */
void write_applied(struct call *call, const struct write *w);

/* The rows' form in the reply: around them, and one. */
void write_begin(struct call *call, const struct write *w);
void write_row(struct call *call, struct write *w, const struct row *row,
               const struct shape *shape);
void write_end(struct call *call, const struct write *w);

/* Takes the generated columns out of a body of one row, before the plan; and, when the row is written,
 * compares them. False with ERROR_GENERATED. */
bool write_take_generated(struct call *call, struct write *w) __attribute__((warn_unused_result));
bool write_check_generated(struct call *call, struct db *db, struct write *w)
    __attribute__((warn_unused_result));

/* For a PUT whose path gives the key's nth column, at `at` in the body's row: remembers what else it may
 * be; and, on the writer's thread, takes what is stored, so that the row is replaced that GET shows. */
bool write_key_may_be(struct call *call, struct write *w, size_t at, size_t nth,
                      const struct literal *literal) __attribute__((warn_unused_result));
bool write_take_stored_key(struct call *call, struct db *db, struct write *w)
    __attribute__((warn_unused_result));

/* Plans the look at rows for what does not fit in the body; and looks, before they are written. False with
 * the error that was put off, if they hold something else. */
bool write_plan_misfits(struct call *call, struct write *w) __attribute__((warn_unused_result));
bool write_check_misfits(struct call *call, struct db *db, struct write *w)
    __attribute__((warn_unused_result));

/* Plans the look for another row that has the path of the new one; and looks, when it is written. */
bool write_plan_rival(struct call *call, struct write *w) __attribute__((warn_unused_result));
bool write_look_for_rival(struct call *call, struct db *db, struct write *w)
    __attribute__((warn_unused_result));

/* Reads the rows, before they are written or after (write_read.c). */
bool write_read_before(struct call *call, struct db *db, struct write *w)
    __attribute__((warn_unused_result));
bool write_read_after(struct call *call, struct db *db, struct write *w)
    __attribute__((warn_unused_result));

/* Hands the job to the writer. */
enum progress write_submit(struct call *call, struct write *w);

/* The job's work (job_run_fn). */
bool write_run(struct job *job, struct db *db);

/* For write_run. Compares what is there with the request's preconditions: nothing can come in between. */
bool write_check_current(struct call *call, struct db *db, struct write *w);

/* …and what is true only of the whole: looked at before anything is committed. */
bool write_check_outcome(struct call *call, const struct write *w);

#endif
