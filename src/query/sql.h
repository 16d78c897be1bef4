/*
 * SQL text under construction in an arena. Only names from the catalogue and constant
 * text go in; values go beside it. Private to the plan.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_QUERY_SQL_H
#define THIMBLE_QUERY_SQL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/slice.h"
#include "query/literal.h"
#include "query/node.h"
#include "query/plan.h"
#include "store/catalog/catalog.h"
#include "store/db/value.h"

/* A statement longer than this, or with more parameters, is refused
 * (sqlite.org/limits.html: SQLITE_MAX_VARIABLE_NUMBER is 32766). */
#define SQL_TEXT_MAX   ((size_t)1 << 20)
#define SQL_VALUES_MAX 32000

struct sql {
    struct arena *arena;
    struct error *error;
    const struct plan_options *options;
    char *text;
    size_t len, cap;
    struct value *values;
    struct value_source *sources; /* of each; NULL: nobody asks */
    size_t n_values, values_cap;
    size_t regexp_size; /* instructions of its regular expressions so far */
    bool failed;        /* error is set; later calls do nothing */
};

/* ---- sql.c: text and values */

void sql_init(struct sql *q, struct arena *arena, const struct plan_options *options,
              struct error *e);

/* Appends text; a name is a catalogue's `quoted`. */
void sql_add(struct sql *q, const char *text, size_t len);
void sql_text(struct sql *q, const char *text);
#define SQL(q, literal) sql_add((q), (literal), sizeof(literal) - 1)
void sql_number(struct sql *q, size_t number);

/* Appends a parameter "?" and the value that goes there. */
void sql_value(struct sql *q, struct value value);
/* The same, and what it is made of. */
void sql_value_of(struct sql *q, struct value value, const struct value_source *source);

/* Records a failure unless one is there; always false. */
bool sql_fail(struct sql *q);
/* The error is recorded already; always false. */
bool sql_give_up(struct sql *q);

/* Zeroed memory, or NULL (and failed). */
void *sql_alloc(struct sql *q, size_t count, size_t size);

/* Ends the text and hands it over; false if anything failed. */
bool sql_finish(struct sql *q, struct plan *out);

/* The column of that name, or NULL with ERROR_NO_COLUMN, or ERROR_FORBIDDEN of one that may not be
 * read. */
const struct column *sql_column(struct sql *q, const struct table *table, struct slice name);

/* "name" where a value is meant: a collation that is not there is not asked. */
void sql_column_name(struct sql *q, const struct column *column);

/* The same as tN."name", or the name alone. */
void sql_name(struct sql *q, const struct node *node, const struct column *column);
/* The same for the rowid; with ERROR_UNSUPPORTED if it has no name. */
void sql_rowid(struct sql *q, const struct node *node);

/* ---- sql_field.c: what a field, a cast, an aggregate is */

/* "name": as it stands in a JSON object. */
struct slice sql_json_key(struct sql *q, struct slice name);

/* What a field is looked at for. */
enum field_use {
    FIELD_SHOWN,    /* in the answer */
    FIELD_COMPARED, /* in a filter or an order: a number within JSON is one */
};

/* The field's expression; its kind in *kind. */
void sql_field(struct sql *q, const struct node *node, const struct field *field,
               enum field_use use, enum column_kind *kind);

/* A condition's field as it is compared. */
void sql_compared(struct sql *q, const struct node *node, const struct condition *c);

/* True for JSON, and for text, which may be JSON. */
bool sql_may_hold_json(const struct column *column);

/* A column as it is shown. */
void sql_shown_column(struct sql *q, const struct node *node, const struct column *column);

/* CASE WHEN the column holds JSON THEN that in its shortest form; the caller writes ELSE and END. */
void sql_when_json(struct sql *q, const struct node *node, const struct column *column);

/* A column's JSON in its shortest form; what is no JSON as it is. */
void sql_plain_json(struct sql *q, const struct node *node, const struct column *column);

/* A SELECT_FIELD or SELECT_COUNT item with its casts and its aggregate; `out` is filled in. */
void sql_item(struct sql *q, const struct node *node, const struct select_item *item,
              struct output *out);

/* The item's name in the answer: its alias; of an aggregate its function, of a path its last key. */
struct slice sql_item_name(const struct select_item *item);

/* ---- sql_cast.c */

/* A cast that is begun: what comes after the value. */
struct sql_cast {
    const char *after;    /* NULL: no cast is asked for, and nothing is written */
    const char *function; /* of a type with a modifier: around it all; else NULL */
    const char *argument; /* …and what comes before the modifier */
    int modifier;
    enum column_kind kind;
};

/* What comes before a value of kind `from`; fails with ERROR_UNSUPPORTED for a type that is not
 * there, ERROR_VALUE for a modifier that it does not take. */
struct sql_cast sql_cast_begin(struct sql *q, const struct cast_ask *ask, enum column_kind from);
/* What comes after the value; its kind from then on. */
void sql_cast_end(struct sql *q, const struct sql_cast *cast, enum column_kind *kind);

/* ---- sql_filter.c */

/* The conditions, all of which must hold. */
void sql_filter(struct sql *q, const struct node *node, const struct condition *filter);

/* ---- sql_operand.c: the two sides of a comparison */

/* "=" and its like. */
const char *sql_comparison(enum tree_operator op);
/* The comparison of the field and one of the literal's values, in all classes of values alike. */
void sql_compare_value(struct sql *q, const struct node *node, const struct condition *c,
                       const struct literal *literal, size_t nth);
/* Where a literal's value is from. */
struct value_source sql_source(const struct literal *literal, size_t nth);
/* The column of a field, or text that stands for what a JSON path finds; NULL with the error. */
const struct column *sql_compared_column(struct sql *q, const struct node *node,
                                         const struct field *field);
/* What a text may stand for; false with the error. */
bool sql_literal(struct sql *q, const struct column *column, struct slice text,
                 struct literal *out);
/* What a list is of. */
struct sql_items {
    struct value *values;
    struct value_source *sources; /* of each, or NULL */
    size_t n;
};
/* (?,?,?), JSON in its shortest form. */
void sql_list(struct sql *q, const struct sql_items *items, bool json);
/* The same, of all that a text may stand for. */
void sql_literal_list(struct sql *q, const struct literal *literal);

/* ---- sql_compare.c: what is equal, greater, less (query/literal.h) */

/* eq, neq, gt, gte, lt, lte, isdistinct of the field and a text. */
void sql_compare(struct sql *q, const struct node *node, const struct condition *c,
                 struct slice text);

/* ---- sql_by_class.c */

/* The bytes among what the text stands for beside itself, or NULL. */
const struct value *sql_bytes_beside(const struct literal *literal);
/* gt, gte, lt, lte of a text that stands for values of more than one class. */
void sql_by_class(struct sql *q, const struct node *node, const struct condition *c,
                  const struct literal *literal);

/* ---- sql_member.c: lists */

/* in.(…) */
void sql_member(struct sql *q, const struct node *node, const struct condition *c);

/* ---- sql_match.c */

/* The field against a pattern of like, ilike, match or imatch. */
void sql_match(struct sql *q, const struct node *node, const struct condition *c,
               struct slice text);

/* ---- sql_contains.c */

/* The condition of cs, cd or ov. */
void sql_contains(struct sql *q, const struct node *node, const struct condition *c);

/* ---- sql_fts.c */

/* The condition that the rows are found by a full-text search. */
void sql_fts(struct sql *q, const struct node *node, const struct condition *c);

/* ---- sql_select.c */

/* The select list, its outputs into `shape`. */
void sql_outputs(struct sql *q, const struct node *node, struct shape *shape);

/* GROUP BY … if there are aggregates. */
void sql_group_by(struct sql *q, const struct node *node);

/* ---- sql_from.c */

/* What the node's rows are read from. */
static inline const char *sql_rows_of(const struct node *node)
{
    return node->from ? node->from : node->table->quoted;
}

/* FROM …, its joins, WHERE …; `extra` appends a condition, or is NULL. */
typedef bool sql_condition_fn(struct sql *q, const struct node *node, const void *context);
void sql_from_where(struct sql *q, const struct node *node, sql_condition_fn *extra,
                    const void *context);
/* EXISTS(…): the node has a related row; `child` is one of its embedded resources. */
void sql_exists(struct sql *q, const struct node *child);

/* The conditions that tie a node to its parent. */
void sql_link(struct sql *q, const struct node *node);

/* ---- sql_identity.c: what tells rows apart, and the rows of a list of it */

/* The columns of plan_identity_width, with commas between. */
void sql_identity(struct sql *q, const struct node *node);

/* What is in the place of the key in a role's table that may not read all of it; else the key: how many
 * columns, and each as SQL where it is read, or in the table that is written. */
size_t sql_key_width(const struct table *table);
const char *sql_key_name(const struct table *table, size_t i, bool written);

/* The list and a join before the table's name; which row it is, after it. */
void sql_listed(struct sql *q, const struct node *node);
void sql_listed_condition(struct sql *q, const struct node *node);

/* ---- sql_order.c */

/* ORDER BY … and LIMIT … of the node. */
void sql_order(struct sql *q, const struct node *node);
void sql_limit(struct sql *q, const struct query_node *ask, int64_t max_rows);
/* What LIMIT says; below 0: nothing. */
int64_t sql_rows_at_most(int64_t limit, int64_t max_rows);

/* One term, with its direction and its NULLs. */
void sql_order_term(struct sql *q, const struct node *node, const struct order_term *term);

/* ---- sql_cursor.c: pages by key */

struct cursor;
/* The order of the root with its key after it, and where to go on; NULL with the error. */
struct cursor *sql_cursor(struct sql *q, const struct node *root, const struct query_tree *tree);
void sql_cursor_outputs(struct sql *q, const struct node *root, const struct cursor *c,
                        struct plan *out);
bool sql_cursor_condition(struct sql *q, const struct node *root, const void *cursor);
void sql_cursor_order(struct sql *q, const struct node *root, const struct cursor *c);

#endif
