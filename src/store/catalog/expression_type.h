/*
 * What an SQL expression says of its own type, where SQLite keeps none: SQLite's result columns
 * have a declared type only if they are a table's column (sqlite.org/c3ref/column_decltype.html).
 * Read from the text; what is not plain is unknown. SQLite's own mark of JSON (its subtype) does not
 * leave a subquery or a sorter, so a row's values cannot tell. Pure.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_CATALOG_EXPRESSION_TYPE_H
#define THIMBLE_STORE_CATALOG_EXPRESSION_TYPE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

/* Subqueries and parentheses within each other that are looked into. */
#define EXPRESSION_DEPTH_MAX 8

/*
 * The type of one expression, with or without "AS name": a comparison or a condition is BOOLEAN,
 * a call of a JSON function that always gives JSON is JSON or JSONB, CAST(x AS type) is that type;
 * CASE, coalesce() and the like are what all their branches are. Empty: unknown; see also
 * expression_fits_any. Borrowed from `text`, or static.
 */
struct slice expression_type(struct slice text, int depth);

/*
 * The types of the result columns of a SELECT (also of a CREATE VIEW's), or of what RETURNING
 * gives, into types[0…n): the statement's columns are n. Empty: unknown.
 */
void select_types(struct slice sql, struct slice *types, size_t n, int depth);

/* What NULL and a JSON text in quotes are: of any type that the other branches have. */
bool expression_fits_any(struct slice type);

#endif
