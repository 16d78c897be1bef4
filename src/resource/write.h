/*
 * A write on its way: planned on the loop as a list of operations (store/run/operation.h), run on the
 * writer's thread, answered on the loop. Private to the writing verbs.
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
#include "resource/sink.h"
#include "store/catalog/catalog.h"
#include "store/run/operation.h"

enum write_kind { WRITE_INSERT, WRITE_REPLACE, WRITE_UPDATE, WRITE_DELETE };

/* What the answer's body holds. */
enum write_answer { ANSWER_NOTHING, ANSWER_OBJECT, ANSWER_ROWS };

/* How the rows come that the answer shows, or whose key it names. */
enum readback {
    READ_NOTHING,  /* they do not */
    READ_COUNTED,  /* not either, but RETURNING counts them: SQLite counts no changes of a view */
    READ_RETURNED, /* RETURNING gives them as they are shown */
    READ_KNOWN,    /* the one row: it is known what it is called, or the path names it */
    READ_AGAIN,    /* RETURNING gives what tells them apart; they are read when triggers have run */
    READ_BEFORE,   /* they are read before they are deleted */
    READ_GONE,     /* …and those are left out that triggers have kept */
};

/* What a write does, in this order; but for PART_CHANGE each is done where there is need of it. */
enum write_part {
    PART_CURRENT,    /* compares what is there with the request's preconditions (write_check.c) */
    PART_MISFITS,    /* …and with what does not fit in the body (write_misfit.c) */
    PART_STORED_KEY, /* finds the key that the path of a PUT means (write_key.c) */
    PART_BEFORE,     /* reads the rows that are deleted (write_read.c) */
    PART_CHANGE,     /* writes (write_plan.c) */
    PART_GENERATED,  /* compares generated columns with what the body has (write_generated.c) */
    PART_AFTER,  /* reads the rows, or which of those read before are there yet (write_read.c) */
    PART_UNSEEN, /* looks for a row that the role may not see (write_rights.c) */
    PART_RIVAL,  /* looks for another row that has the new one's path (write_key.c) */
    WRITE_PARTS,
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
    struct upload *upload;  /* where its rows come from one by one (resource/upload.h), or NULL */
    enum conflict conflict; /* WRITE_INSERT, WRITE_REPLACE */
    const int *target;      /* …and the unique key that is meant, n_target columns */
    size_t n_target;
    const char *target_where; /* …of the rows of which this holds alone, or NULL */
    enum readback readback;

    struct operation *parts[WRITE_PARTS]; /* or NULL */
    struct operations work;               /* the same, in a list */
    struct plan plan;                     /* PART_CHANGE's */
    struct plan select;                   /* the rows', before or after */
    struct shape current;                 /* PART_CURRENT's */
    struct keys *keys;                    /* what tells the rows apart, or NULL */

    const char *generated_column; /* the first of them that the body has */
    struct meant_key
        *meant; /* PART_STORED_KEY: columns that may be stored otherwise, n_meant of them */
    size_t n_meant;
    int *misfit_columns;           /* PART_MISFITS: the columns that are read */
    const struct misfit **misfits; /* …and the first misfit of each row of the body that has one */

    struct buf pieces; /* READ_GONE: rows as they are shown, one after another */
    struct buf ends;   /* …and where each ends, as size_t */
    size_t next_piece; /* …and which is to be shown, or left out, next */
    struct value *key; /* the key of the row that was made, for Location; in the arena */
    bool has_key;
    bool has_rival;   /* Location would lead to another row */
    size_t affected;  /* rows written */
    struct sink sink; /* of the reply: a trigger may have taken a row away again */
};

/* A zeroed write in the call's arena, put into call->state; NULL with the error. */
struct write *write_new(struct call *call, enum write_kind kind);

/* Makes the part of the plan, with the call as its context; NULL with the error. */
struct operation *write_add(struct call *call, struct write *w, enum write_part part,
                            const struct plan *plan);

/*
 * What the answer holds: with no preference an object that is addressed alone comes back, many do
 * not; an explicit representation is an array, as in PostgREST.
 */
enum write_answer write_choose_answer(const struct call *call, bool alone);

/* Prefer: resolution= and on_conflict=, as PostgREST: without a key there is no conflict. False with the
 * error. */
bool write_choose_conflict(struct call *call, struct write *w) __attribute__((warn_unused_result));

/* write_plan and write_submit. */
enum progress write_plan_and_submit(struct call *call, struct write *w);

/* Makes the operations for the body that is parsed. */
bool write_plan(struct call *call, struct write *w) __attribute__((warn_unused_result));

/* Decides how the rows come back. False with ERROR_UNSUPPORTED if they cannot. */
bool write_choose_readback(struct call *call, struct write *w) __attribute__((warn_unused_result));

/* What the statement that writes is to give back. */
enum returning write_returning(const struct call *call, const struct write *w);

/* False with ERROR_FORBIDDEN if the body has a column that the role may not write so. */
bool write_check_rights(struct call *call, struct write *w) __attribute__((warn_unused_result));

/* True if the role must see what it has written, or nothing is written. */
bool write_must_be_seen(const struct call *call, const struct write *w);

/* True if the role may not see it, and it is written all the same. */
static inline bool write_may_be_unseen(const struct call *call, const struct write *w)
{
    return call->table->has_policies && !write_must_be_seen(call, w);
}

/* Of the one row that is read again: false with ERROR_FORBIDDEN if it is not there. */
bool write_judge_seen(void *context, const struct operation *op, struct error *e);

/* Plans PART_UNSEEN: of several rows, which triggers may have taken away. */
bool write_plan_unseen(struct call *call, struct write *w) __attribute__((warn_unused_result));

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
void write_begin(struct call *call, struct write *w);
void write_row(struct write *w, const struct row *row);
void write_end(struct write *w);

/* Takes the generated columns out of a body of one row, before the plan, and plans PART_GENERATED: false
 * with ERROR_GENERATED there. */
bool write_take_generated(struct call *call, struct write *w) __attribute__((warn_unused_result));

/* For a PUT whose path gives the key's nth column, at `at` in the body's row: remembers what else it may
 * be, and plans PART_STORED_KEY, which takes what is stored, so that the row is replaced that GET shows. */
bool write_key_may_be(struct call *call, struct write *w, size_t at, size_t nth,
                      const struct literal *literal) __attribute__((warn_unused_result));

/* The key of a new row, until it is known what is stored. */
void write_forget_stored_key(struct write *w);

/* Plans PART_CURRENT; when it is run, the answer begins behind it. */
bool write_plan_current(struct call *call, struct write *w) __attribute__((warn_unused_result));

/* Plans PART_MISFITS: false there with the error that was put off, if the rows hold something else. */
bool write_plan_misfits(struct call *call, struct write *w) __attribute__((warn_unused_result));

/* Plans PART_RIVAL. */
bool write_plan_rival(struct call *call, struct write *w) __attribute__((warn_unused_result));

/* Plans PART_BEFORE and PART_AFTER. */
bool write_plan_reading(struct call *call, struct write *w) __attribute__((warn_unused_result));

/* Gives the work to the writer. */
enum progress write_submit(struct call *call, struct write *w);

/* What is true only of the whole: looked at before anything is committed. */
bool write_check_outcome(struct call *call, const struct write *w);

/* Back on the loop: the work is committed, or the call's error says why not. */
enum progress write_answer(struct call *call);

#endif
