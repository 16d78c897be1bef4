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

#include "resource/body.h"
#include "resource/call.h"

enum write_kind { WRITE_INSERT, WRITE_REPLACE, WRITE_UPDATE, WRITE_DELETE };

/* What the answer's body holds. */
enum write_answer { ANSWER_NOTHING, ANSWER_OBJECT, ANSWER_ROWS };

struct write {
    enum write_kind kind;
    enum write_answer answer;
    bool one_row;           /* a row path: no row is a failure */
    struct body body;       /* no columns for WRITE_DELETE */
    enum conflict conflict; /* WRITE_INSERT, WRITE_REPLACE */
    const int *target;      /* …and the unique key that is meant, n_target columns */
    size_t n_target;
    struct plan plan;    /* the statement, once for each row of the body */
    bool looks;          /* whether the row is there already is asked before */
    struct plan exists;  /* …with this */
    bool reread;         /* RETURNING gives the key; the row is read anew after triggers */
    bool key_known;      /* no RETURNING: the key is known, and the row read by it */
    bool select_first;   /* the rows are read before they are deleted */
    struct plan select;  /* …with this */
    bool conditional;    /* what is there is compared with the request's preconditions */
    struct plan current; /* …and read with this */
    struct value *bound; /* what one run binds */
    struct value *key;   /* the key of the last row written, for Location; in the arena */
    size_t n_key;        /* its columns; 1, the rowid, where there is no key */
    bool has_key;
    size_t created;  /* rows that were not there before */
    size_t affected; /* rows written */
    size_t shown;    /* rows in the reply: a trigger may have taken one away again */
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

/* True if the body itself gives every column of the key, so that no one need be asked. */
bool write_key_is_given(const struct call *call, const struct write *w);

/* Sets Preference-Applied to the preferences that the answer follows. */
void write_applied(struct call *call, const struct write *w);

/* The rows' form in the reply: around them, and one. */
void write_begin(struct call *call, const struct write *w);
void write_row(struct call *call, struct write *w, struct statement *st, const struct shape *shape);
void write_end(struct call *call, const struct write *w);

/* Hands the job to the writer. */
enum progress write_submit(struct call *call, struct write *w);

/* The job's work (job_run_fn). */
bool write_run(struct job *job, struct db *db);

#endif
