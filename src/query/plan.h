/*
 * From a tree and the catalogue to SQL text and the values to bind. Every identifier
 * in the text comes from the catalogue, every value is a parameter; requests of equal
 * shape give equal text, so that they meet the same prepared statement. Runs nothing.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_QUERY_PLAN_H
#define THIMBLE_QUERY_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "query/tree.h"
#include "store/access/access.h"
#include "store/catalog/catalog.h"
#include "store/db/value.h"
#include "store/row.h"

struct routine;

/* A column of the answer: how json_out writes it. */
struct output {
    struct slice name;
    struct slice key; /* the JSON name, escaped, quoted, with its colon: "title": */
    enum column_kind kind;
};

/* How a row is written (store/db/rows.h passes it through SQLite). */
struct shape {
    const struct output *outputs;
    size_t n;
    bool bare;        /* the only value, without an object around it */
    bool strip_nulls; /* members that are null are left out */
    bool one_line;    /* no end of a line is in it */
};

/* What a value of a plan is made of, for whom keeps the plan for other values (query/plan_kept.h). */
enum value_origin {
    ORIGIN_FIXED,   /* of the plan itself */
    ORIGIN_LITERAL, /* the nth that a text stands for */
    ORIGIN_PATTERN, /* a pattern of like or ilike */
    ORIGIN_LIMIT,   /* limit= of `ask` */
    ORIGIN_OFFSET,  /* offset= of `ask` */
};

struct value_source {
    enum value_origin origin;
    unsigned char nth, n;        /* of so many, */
    bool has_number, is_json;    /* …as in struct literal */
    const struct column *column; /* …whose */
    struct slice text;           /* where the tree has it */
    const struct query_node *ask;
};

struct plan {
    struct slice sql;           /* NUL-terminated */
    const struct value *values; /* for the parameters after the first `n_leading` */
    size_t n_values;
    const struct value_source *sources; /* of each of them; NULL: nobody asked */
    size_t n_leading;  /* parameters 1…n_leading are the caller's (the body's values) */
    size_t n_trailing; /* …and so are these, after all others (the rowid of plan_select_written) */
    struct shape shape;        /* of the columns that SELECT or RETURNING gives */
    size_t cursor_at;          /* the first of the columns that the next cursor is made from */
    size_t n_cursor;           /* …and how many they are */
    uint32_t order_id;         /* …and which order they are of */
    bool cacheable;            /* equal rows give an equal answer */
    struct statement_ref *ref; /* of one that is kept: where its statement is */
    uint64_t sql_hash;         /* …and slow_shapes_hash of its text; 0: not made */
};

/* As store/ runs it: a plan whose values are all its own. */
static inline struct query plan_query(const struct plan *plan)
{
    return (struct query){plan->sql, plan->values, plan->n_values, plan->ref};
}

/* A named query and the values of its parameters, in order. */
struct routine_call {
    const struct routine *routine;
    const struct value *arguments;
};

/* What a SELECT reads from: a table or view, or a named query and its result's columns. */
struct plan_source {
    const struct table *table;
    const struct routine_call *routine; /* or NULL */
};

struct plan_options {
    int64_t max_rows; /* of every list in the answer; 0: no limit */
    bool all_rows;    /* …but of the rows themselves, of which limit= alone bounds the number */
    bool aggregates;  /* may be asked for */
    bool strip_nulls;
    bool one_line;
    bool bare;             /* rows of one column are its values */
    bool one_row;          /* the filter is the whole primary key: no limit is needed */
    int64_t count_at_most; /* plan_count stops there; 0: no limit */
    bool sources;          /* plan->sources are wanted */
};

/* The limit of the rows themselves; 0: none. */
static inline int64_t plan_max_rows(const struct plan_options *options)
{
    if (options->all_rows)
        return 0;
    return options->max_rows;
}

/* What a write gives back. */
enum returning {
    RETURNING_NOTHING,
    RETURNING_ONE, /* a row for each that is written, to be counted: a view's are by nothing else */
    RETURNING_IDENTITY, /* what tells the rows apart, for a list of plan_identity_width columns */
    RETURNING_SELECT,   /* what the tree's select asks for */
};

/* One column that a write sets, from the parameter of the same position. */
struct assignment {
    int column; /* index into table->columns */
    bool merge; /* RFC 7396: merge into the JSON that is there, do not replace it */
    bool given; /* not the value, but whether there is one (0: the column's default); the value's
                  * own assignment comes next */
};

/* What an INSERT does with a row whose key is there already. */
enum conflict {
    CONFLICT_FAILS,
    CONFLICT_IGNORED,
    CONFLICT_MERGED,   /* the columns that are set are updated */
    CONFLICT_REPLACED, /* …and every other goes to its default (or NULL) */
};

struct insert {
    const struct assignment *set;
    size_t n_set; /* 0: DEFAULT VALUES */
    enum conflict conflict;
    const int *target; /* columns of the unique key that is meant; NULL: the primary key's */
    size_t n_target;
    const char *where; /* the condition of its partial index, or NULL */
};

/*
 * All: false with ERROR_NO_COLUMN (with "did you mean"), ERROR_VALUE (a filter's value
 * does not fit its column), ERROR_SYNTAX, ERROR_UNSUPPORTED, ERROR_NO_RELATION,
 * ERROR_AMBIGUOUS, ERROR_AGGREGATES or ERROR_MEMORY. Text and values in `arena`.
 */

/* SELECT … WHERE … GROUP BY … ORDER BY … LIMIT min(limit, max_rows) OFFSET … */
bool plan_select(struct arena *arena, const struct plan_source *source,
                 const struct query_tree *tree, const struct plan_options *options,
                 struct plan *out, struct error *e) __attribute__((warn_unused_result));

/* SELECT count(*) of the rows that match, whatever limit and offset say; at most
 * options->count_at_most. */
bool plan_count(struct arena *arena, const struct plan_source *source,
                const struct query_tree *tree, const struct plan_options *options, struct plan *out,
                struct error *e) __attribute__((warn_unused_result));

/* Columns that tell the rows of a table apart: its rowid; the key's after it, or alone, where the
 * rowid is not the key. 0: nothing does. */
size_t plan_identity_width(const struct table *table);

/* A list of what tells rows apart, as a parameter (store/run/operation.h). */
struct plan_keys {
    struct value list;
    bool may_repeat; /* some may be there twice: they are to be shown once */
};

/* The rows that a write is to answer with, for which the tree's filter and limit are not looked at. */
struct plan_written {
    const struct table *table;
    const struct query_tree *tree; /* NULL: no column is shown */
    const struct plan_keys *keys;  /* which, in this order unless the tree has one; NULL: the one
                                    * whose rowid is bound to the last parameter (n_trailing) */
    bool with_key;                 /* the key's columns come after those that are shown, from
                                    * `cursor_at` on, n_cursor of them; none of groups */
};
bool plan_select_written(struct arena *arena, const struct plan_written *which,
                         const struct plan_options *options, struct plan *out, struct error *e)
    __attribute__((warn_unused_result));

/* The rows that a change is about to meet, in the tree's order; what tells them apart comes after
 * what is shown, from `cursor_at` on, if `with_identity` says so. */
bool plan_select_before(struct arena *arena, const struct table *table,
                        const struct query_tree *tree, const struct plan_options *options,
                        bool with_identity, struct plan *out, struct error *e)
    __attribute__((warn_unused_result));

/* SELECT of 1 if the row that the tree's filter finds has these values, n of them, in its generated
 * columns. */
bool plan_select_generated(struct arena *arena, const struct table *table,
                           const struct query_tree *tree, const struct assignment *set,
                           const struct value *values, size_t n, struct plan *out, struct error *e)
    __attribute__((warn_unused_result));

/* SELECT of these columns, of the rows that the tree's filter finds, in their order. */
bool plan_select_columns(struct arena *arena, const struct table *table, const int *columns,
                         size_t n, const struct query_tree *tree, struct plan *out, struct error *e)
    __attribute__((warn_unused_result));

/* SELECT of these columns, of the row that an insert would meet: what each column of its key may be is
 * bound to LITERAL_VALUES parameters (n_leading). */
bool plan_select_met(struct arena *arena, const struct table *table, const int *columns, size_t n,
                     const struct insert *insert, struct plan *out, struct error *e)
    __attribute__((warn_unused_result));

/* SELECT of the numbers, from 1, of those in the list that are rows of the table. */
bool plan_select_present(struct arena *arena, const struct table *table,
                         const struct plan_keys *keys, struct plan *out, struct error *e)
    __attribute__((warn_unused_result));

/* SELECT of 1 if one of those in the list is a row of the table that the role does not see. It names the
 * table itself, so that the owner alone may run it. */
bool plan_select_unseen(struct arena *arena, const struct table *table,
                        const struct plan_keys *keys, struct plan *out, struct error *e)
    __attribute__((warn_unused_result));

/* True if select= asks for what RETURNING cannot give: related resources or aggregates. */
bool plan_needs_select(const struct table *table, const struct query_tree *tree);

/* The text of EXPLAIN QUERY PLAN for a plan; the values are the same. */
bool plan_explain(struct arena *arena, const struct plan *plan, struct slice *sql, struct error *e)
    __attribute__((warn_unused_result));

/* INSERT of one row. */
bool plan_insert(struct arena *arena, const struct table *table, const struct insert *insert,
                 const struct query_tree *tree, enum returning returning, struct plan *out,
                 struct error *e) __attribute__((warn_unused_result));

/* SELECT count(*) of the row that an insert would meet: its key is bound to parameters
 * 1…n_target (n_leading). */
bool plan_exists(struct arena *arena, const struct table *table, const int *target, size_t n_target,
                 struct plan *out, struct error *e) __attribute__((warn_unused_result));

/*
 * UPDATE and DELETE of the rows that match the tree's filter; with a limit, of the first of them
 * in the tree's order.
 */
bool plan_update(struct arena *arena, const struct table *table, const struct assignment *set,
                 size_t n, const struct query_tree *tree, enum returning returning,
                 struct plan *out, struct error *e) __attribute__((warn_unused_result));
bool plan_delete(struct arena *arena, const struct table *table, const struct query_tree *tree,
                 enum returning returning, struct plan *out, struct error *e)
    __attribute__((warn_unused_result));

/* Which rows an UPDATE (RIGHT_UPDATE) or DELETE meets, limits apart, as an SQL condition (no WHERE; ""
 * when every row matches), parameters from ?1; sql, values and n_values of `out` are set. */
bool plan_where(struct arena *arena, const struct table *table, const struct query_tree *tree,
                enum access_right right, struct plan *out, struct error *e)
    __attribute__((warn_unused_result));

/*
 * A filter that matches the row whose key is keys[0…n) (decoded path segments). False with
 * ERROR_NO_ROUTE when the table has no primary key or a key of another number of columns.
 */
bool plan_key_filter(struct arena *arena, const struct table *table, const struct slice *keys,
                     size_t n, struct condition **out, struct error *e)
    __attribute__((warn_unused_result));

#endif
