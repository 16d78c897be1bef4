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
#include "query/plan.h"
#include "store/catalog.h"
#include "store/value.h"

/* A statement longer than this, or with more parameters, is refused
 * (sqlite.org/limits.html: SQLITE_MAX_VARIABLE_NUMBER is 32766). */
#define SQL_TEXT_MAX   ((size_t)1 << 20)
#define SQL_VALUES_MAX 32000

struct sql {
    struct arena *arena;
    struct error *error;
    const struct table *table;
    char *text;
    size_t len, cap;
    struct value *values;
    size_t n_values, values_cap;
    bool failed; /* error is set; later calls do nothing */
};

void sql_init(struct sql *q, struct arena *arena, const struct table *table, struct error *e);

/* Appends text; a name is a catalogue's `quoted`. */
void sql_add(struct sql *q, const char *text, size_t len);
void sql_text(struct sql *q, const char *text);
#define SQL(q, literal) sql_add((q), (literal), sizeof(literal) - 1)

/* Appends a parameter "?" and the value that goes there. */
void sql_value(struct sql *q, struct value value);

/* Records a failure unless one is there; always false. */
bool sql_fail(struct sql *q);

/* The column of that name, or NULL with ERROR_NO_COLUMN. */
const struct column *sql_column(struct sql *q, struct slice name);

/* WHERE and the tree's filter; nothing when every row matches. */
void sql_where(struct sql *q, const struct condition *filter);
/* The filter alone. */
void sql_filter(struct sql *q, const struct condition *filter);

/* The tree's select list, and its outputs into `out`. */
void sql_outputs(struct sql *q, const struct query_tree *tree, struct plan *out);

/* RETURNING …, and its outputs into `out`. */
void sql_returning(struct sql *q, const struct query_tree *tree, enum returning returning,
                   struct plan *out);

/* Ends the text and hands it over; false if anything failed. */
bool sql_finish(struct sql *q, struct plan *out);

#endif
