/*
 * Prepared statements, cached on their connection by SQL text. A statement got is
 * the caller's until released; values bound to it are borrowed until then. Same
 * thread as the connection.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_DB_STATEMENT_H
#define THIMBLE_STORE_DB_STATEMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/slice.h"
#include "store/db/value.h"
#include "store/row.h"

struct db;
struct statement;

enum step { STEP_ROW, STEP_DONE, STEP_FAILED };

/*
 * The statement for `sql`, from the cache or newly prepared; NULL with an error. If the
 * cached one is in use already, a second, uncached one is prepared.
 */
struct statement *statement_get(struct db *db, struct slice sql, struct error *e);

/* Resets and gives back; what was bound is not looked at again. Takes NULL. */
void statement_release(struct statement *st);

/* How many parameters it has. */
size_t statement_parameters(const struct statement *st);

/* Binds values[0…n) to parameters 1…n: all that the statement has. */
bool statement_bind(struct statement *st, const struct value *values, size_t n, struct error *e)
    __attribute__((warn_unused_result));

/* The same in parts: to the parameters after the first `bound`. */
bool statement_bind_more(struct statement *st, size_t bound, const struct value *values, size_t n,
                         struct error *e) __attribute__((warn_unused_result));

/* Runs to the next row. STEP_FAILED leaves the reason in `e`. */
enum step statement_step(struct statement *st, struct error *e);

/* Resets so that it can be bound and run again without giving it back. */
void statement_reset(struct statement *st);

/* Runs a bound statement to its end, ignoring rows. */
bool statement_run(struct statement *st, struct error *e) __attribute__((warn_unused_result));

/* statement_get and statement_bind: to be stepped and released. NULL with an error. */
struct statement *statement_begin(struct db *db, const struct query *query, struct error *e);

/* Steps a bound statement to its end, or until the sink wants no more for now, with each row into the
 * sink. After READING_PAUSED it goes on where it was. */
enum reading_state statement_rows(struct statement *st, row_sink *sink, void *context,
                                  struct error *e) __attribute__((warn_unused_result));

/* The current row, as others see it. */
const struct row *statement_row(const struct statement *st);

/* Columns of the current row, counted from 0. Bytes are valid until the next step. */
enum value_type statement_type(struct statement *st, int column);
int64_t statement_integer(struct statement *st, int column);
double statement_real(struct statement *st, int column);
struct slice statement_bytes(struct statement *st, int column); /* text in UTF-8, or a blob */

/* The same as a value; bytes are valid until the next step. */
struct value statement_value(struct statement *st, int column);

/* What a prepared statement gives: columns, their names, their declared types ("" for an
 * expression). */
size_t statement_columns(struct statement *st);
const char *statement_column_name(struct statement *st, int column);
const char *statement_column_type(struct statement *st, int column);

/* True if the column comes straight from a table's column: its names, valid while the statement
 * is (sqlite.org/c3ref/column_database_name.html). */
bool statement_origin(struct statement *st, int column, const char **table, const char **name);

/* True if it changes nothing (sqlite.org/c3ref/stmt_readonly.html). */
bool statement_reads_only(struct statement *st);

/*
 * A connection's cache: at most `max` idle statements, the least recently used goes
 * first. For db.c; NULL when memory is out.
 */
struct statement_cache;
struct statement_cache *statement_cache_new(int max);
/* Any thread: adds how often a statement was there, and how often it was prepared. */
void statement_cache_count(const struct statement_cache *cache, uint64_t *hits, uint64_t *misses);
void statement_cache_clear(struct statement_cache *cache); /* drops all that are idle */
void statement_cache_free(struct statement_cache *cache);  /* none may be in use. Takes NULL */

#endif
