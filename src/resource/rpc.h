/*
 * A call of a named query on its way. Private to the verbs of /rpc.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_RESOURCE_RPC_H
#define THIMBLE_RESOURCE_RPC_H

#include "resource/body.h"
#include "resource/call.h"
#include "resource/sink.h"
#include "store/catalog/routine.h"
#include "store/run/operation.h"

/* A SELECT that may read kept rows. */
struct rpc_over {
    struct plan plan;
    struct value *values; /* the plan's, in which the kept rows are when they are there */
};

struct rpc {
    const struct routine *routine;
    struct routine_call source;
    struct value *values;
    bool *given;
    struct slice_index wanted; /* the names of columns= */
    struct operations work;    /* of a query that writes */
    struct plan *plans;        /* …one for each statement */
    struct value *rows;        /* not NULL: the last one's rows are kept, and read with `over` */
    struct buf kept;           /* …here (rpc_rows.c) */
    struct rpc_over over;
    bool counts; /* the rows are counted with `count` */
    struct rpc_over count;
    const struct shape *shape; /* of the rows of the answer */
    struct sink sink;          /* …and where they go, if they are a list */
    int64_t total;             /* …how many there are without limit and offset */
    size_t n_rows;             /* …how many there are in it */
};

/* Plans the statements of a query that writes and hands them to the writer. */
enum progress rpc_submit(struct call *call, struct rpc *r);

/* Makes the list of operations of the plans: rpc_run.c. */
bool rpc_list_work(struct call *call, struct rpc *r) __attribute__((warn_unused_result));

/* Fails with the call's error, in words that tell a role nothing that is not its own. Returns
 * CALL_DONE. */
enum progress rpc_fail(struct call *call);

/* True if its last statement gives rows; if they are answered as a list. */
bool rpc_gives_rows(const struct rpc *r);
bool rpc_is_list(const struct call *call, const struct rpc *r);

/* As PostgREST: max-affected needs rows to count. False with ERROR_AFFECTED_SHAPE. */
bool rpc_check_counted(struct call *call, const struct rpc *r) __attribute__((warn_unused_result));

/* ---- rpc_rows.c: what RETURNING gives, as a table */

/* From now on r->source is the kept rows. False with ERROR_MEMORY. */
bool rpc_rows_source(struct call *call, struct rpc *r) __attribute__((warn_unused_result));

/* Keeps a row; ends the rows. False with ERROR_ANSWER_TOO_LARGE or ERROR_MEMORY. */
void rpc_rows_keep(struct rpc *r, const struct row *row);
bool rpc_rows_end(struct call *call, struct rpc *r) __attribute__((warn_unused_result));

/* Copies the plan's values; when the rows are kept, puts them among these. */
bool rpc_rows_bind(struct call *call, struct rpc_over *over) __attribute__((warn_unused_result));
void rpc_rows_fill(const struct rpc *r, struct rpc_over *over);

/* The row, or the first value of it, of a query that returns one or a scalar. */
void rpc_write_first(struct call *call, const struct rpc *r, const struct row *row,
                     const struct shape *shape);

/* The answer of a query that returns one or a scalar: the reply, with its row counted. */
enum progress rpc_answer_first(struct call *call, bool found);

/* ---- rpc_file.c: a query that returns a file */

/* False with ERROR_NOT_ACCEPTABLE if Accept does not take its type. */
bool rpc_file_accepted(struct call *call, const struct routine_source *source)
    __attribute__((warn_unused_result));

/* Puts the row into the answer: body, status, header fields. False with ERROR_BAD_STATUS or
 * ERROR_BAD_FIELD. */
bool rpc_file_row(struct call *call, const struct rpc *r, const struct row *row)
    __attribute__((warn_unused_result));

/* Empties what rpc_file_row puts into the answer, but for the reply. */
void rpc_file_forget(struct call *call);

/* Fails with ERROR_NO_ROW. Returns false. */
bool rpc_file_missing(struct call *call, const struct rpc *r);

enum progress rpc_answer_file(struct call *call, const struct rpc *r);

/* ---- rpc_arguments.c: the parameters, from wherever they come */

/*
 * Takes the query's parameters out of the query string: of several with the same name the last
 * counts, an array takes them all. What begins with an operator and has the name of a column of
 * the result, too, is its filter. False with ERROR_VALUE, and ERROR_NO_ROUTINE for a name that is
 * neither a parameter nor anything that a table takes.
 */
bool rpc_take_parameters(struct call *call, struct rpc *r) __attribute__((warn_unused_result));

/* Takes those of `list` that are parameters out of it. */
bool rpc_take_list(struct call *call, struct rpc *r, struct parameter **list)
    __attribute__((warn_unused_result));

/* One text as the parameter's value; without a type it is the text that was typed. */
bool rpc_text_value(struct call *call, const struct routine_param *param, struct slice text,
                    struct value *out) __attribute__((warn_unused_result));

/* The parameters of the body, by its content type (rpc_body.c). */
bool rpc_take_body(struct call *call, struct rpc *r) __attribute__((warn_unused_result));

/* A JSON body's members: one object, or an array of one; members that columns= leaves out are not looked
 * at. False with ERROR_BODY, ERROR_VALUE, ERROR_OUT_OF_RANGE, and ERROR_NO_ROUTINE for a member that is
 * no parameter (body_arguments.c). */
bool body_arguments(struct call *call, struct rpc *r) __attribute__((warn_unused_result));

/* Defaults where nothing is given; false with ERROR_NO_ROUTINE where there is none. */
bool rpc_fill_in(struct call *call, struct rpc *r) __attribute__((warn_unused_result));

/* ---- rpc_meant.c */

/* True if it is a parameter of the query's, or nothing that a table takes; of a query that is not there,
 * if it may be. */
bool rpc_is_argument(const struct rpc *r, const struct parameter *p);
bool rpc_may_be_argument(const struct parameter *p);

/* The parameter that is meant, or -1. */
int rpc_find_argument(const struct rpc *r, const struct parameter *p);

/* False for a name that is neither a column of the result nor anything that a table takes. */
bool rpc_is_of_result(const struct rpc *r, struct slice name);

/* ---- rpc_unknown.c: both fail with ERROR_NO_ROUTINE and return false */

/* There is no query of that name. */
bool rpc_unknown(struct call *call);

/* The request's parameters are not the query's: `name` is the first that is missing or too many. */
bool rpc_wrong_parameters(struct call *call, const struct rpc *r, struct slice name);

/* ---- rpc_array.c */

/* How much longer an element may become: escapes within JSON. */
#define RPC_ARRAY_GROWTH 6

/* PostgreSQL's spelling of an array, {1,2,"a b",NULL}, as the text of a JSON array; false with
 * ERROR_VALUE. */
bool rpc_array_literal(struct call *call, const struct routine_param *param, struct slice text,
                       struct value *out) __attribute__((warn_unused_result));

/* The texts of a list, each one element; one alone that is in braces is read as a literal. */
bool rpc_array_texts(struct call *call, const struct routine_param *param,
                     const struct parameter *texts, struct value *out)
    __attribute__((warn_unused_result));

/* What was written to `text` as a value in the call's arena; false with ERROR_MEMORY. */
bool rpc_keep_text(struct call *call, const struct buf *text, struct value *out)
    __attribute__((warn_unused_result));

#endif
