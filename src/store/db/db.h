/*
 * One SQLite connection with its cache of prepared statements. Used by one thread
 * at a time (SQLITE_THREADSAFE=2). Every SQLite result code becomes a struct error
 * here and goes no further up.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_DB_DB_H
#define THIMBLE_STORE_DB_DB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/slice.h"
#include "store/db/interruption.h"
#include "store/db/cache_counts.h"
#include "store/db/db_options.h"

struct catalog;
struct collations;
struct db;
struct fence;
struct sqlite3;
struct sqlite3_stmt;
struct identity;
struct statement;
struct statement_cache;

enum db_mode {
    DB_READ,  /* read-only, and an authorizer denies all but reading */
    DB_WRITE, /* reads and writes; creates the file if missing */
    DB_CHECK, /* an existing file, read-write, for commands that must not create one */
    DB_COPY,  /* an empty file that a copy goes into: no journal, and syncing is the caller's */
};

/*
 * Opens `path` (":memory:" too) in WAL mode with foreign keys enforced. NULL with
 * ERROR_IO, ERROR_CORRUPT, ERROR_UNWRITABLE, ERROR_LOCKED or ERROR_MEMORY; the message
 * names the file and the cause. The caller closes.
 */
struct db *db_open(const char *path, enum db_mode mode, const struct db_options *options,
                   struct error *e);

/* True if the database is served read-only: db_options.read_only. */
bool db_is_read_only(const struct db *db);

/* True of a DB_READ connection. */
bool db_only_reads(const struct db *db);

/*
 * A DB_READ connection may be to a file that it takes for one that does not change (db_is_still):
 * false with ERROR_LOST if it changed all the same. True, at no cost, for all others.
 */
bool db_is_unchanged(const struct db *db, struct error *e);

/* Finalizes all statements and closes. Takes NULL. */
void db_close(struct db *db);

/* Runs SQL without results, any number of statements. Not for SQL made from a request. */
bool db_exec(struct db *db, const char *sql, struct error *e) __attribute__((warn_unused_result));

/* Runs one constant statement through the statement cache: for BEGIN, COMMIT and the like. */
bool db_run(struct db *db, struct slice sql, struct error *e);

/* The first column of the first row as an integer; false on error or when there is no row. */
bool db_integer(struct db *db, const char *sql, int64_t *out, struct error *e)
    __attribute__((warn_unused_result));

/* BEGIN IMMEDIATE / COMMIT. A failed commit is rolled back; one that has begun is not interrupted. */
bool db_begin_immediate(struct db *db, struct error *e) __attribute__((warn_unused_result));
bool db_commit(struct db *db, struct error *e) __attribute__((warn_unused_result));

/* ROLLBACK if a transaction is open. It fails only without memory: then the transaction stays open
 * (db_in_transaction), and is rolled back by the next call. */
void db_rollback(struct db *db);

/* True while a transaction is open (SQLite rolls back by itself on some errors). */
bool db_in_transaction(const struct db *db);

/* Rows changed by the last INSERT, UPDATE or DELETE, triggers not counted. */
int64_t db_changes(const struct db *db);
int64_t db_last_rowid(const struct db *db);

/* Makes db_last_rowid `none` until a row is inserted, by more than a trigger: an upsert that changes a
 * row leaves it (sqlite.org/c3ref/set_last_insert_rowid.html). */
void db_forget_rowid(struct db *db, int64_t none);

/* The rows that are inserted into a table, by triggers too (sqlite.org/c3ref/update_hook.html); not
 * one WITHOUT ROWID. */
struct db_watch {
    struct slice table;
    size_t n;      /* how many; the caller begins anew with 0 */
    int64_t rowid; /* the last one's */
};

/* Begins to count them, or ends with NULL. `watch` outlives it. */
void db_watch(struct db *db, struct db_watch *watch);

/* Rows changed on this connection so far, by triggers and foreign keys too, but not those of
 * statements that failed and were undone. */
int64_t db_total_changes(const struct db *db);

/* A number that moves whenever the snapshot just begun may show another database than the one
 * before (sqlite.org/c3ref/c_fcntl_begin_atomic_write.html, SQLITE_FCNTL_DATA_VERSION). */
uint32_t db_data_version(struct db *db);

/* Forgets cached statements, e.g. when the schema moved. None may be in use. */
void db_forget_statements(struct db *db);

/* A statement that runs past this instant (clock_us) is stopped with ERROR_TIMEOUT; 0: never. */
void db_deadline(struct db *db, int64_t deadline_us);

/* …past this one with ERROR_OVER_BUDGET, which is for the caller alone: the work goes on elsewhere. */
void db_budget(struct db *db, int64_t budget_us);

/* …and with ERROR_CANCELLED when the flag is raised, by whatever thread; NULL: it cannot be. */
void db_cancel_by(struct db *db, const _Atomic bool *cancelled);

/* How long a wait for another process's lock may take, in milliseconds; returns what it was. */
int db_busy_ms(struct db *db, int busy_ms);

/* What would stop a statement now. */
enum interruption db_interruption(struct db *db);

/* The same between two rows, for work that no statement does: true if it is to stop, recorded as an
 * error. */
bool db_stops(struct db *db, struct error *e) __attribute__((warn_unused_result));

/* Is there anything? For SQL functions, which SQLite does not stop on their way: they give up with
 * SQLITE_INTERRUPT. */
bool db_is_overdue(struct db *db);

/* Whom the connection's statements are for (store/db/identity.h); NULL: nobody. */
struct identity *db_identity(const struct db *db);

/* While on, a DB_READ connection may *prepare* (not run) writes: the catalogue asks so. */
void db_allow_prepare(struct db *db, bool on);

/*
 * Records the connection's last failure `result` as an error: constraint names and
 * columns are read from SQLite's message. Returns false.
 */
bool db_error(struct db *db, int result, struct error *e);

/* The same for a statement that does not compile: no value is at fault. */
bool db_compile_error(struct db *db, int result, struct error *e);

/* From now on the connection's cache has so many bytes of pages. */
bool db_cache(struct db *db, int64_t bytes, struct error *e) __attribute__((warn_unused_result));

/* Gives back the pages that the connection's cache has and that are not in use
 * (sqlite.org/c3ref/db_release_memory.html). */
void db_rest(struct db *db);

/* The connection's thread: publishes what SQLite counted of its page cache
 * (sqlite.org/c3ref/c_dbstatus_options.html). */
void db_count_pages(struct db *db);

/* Any thread: adds the connection's counts, those of pages as of the last db_count_pages. */
void db_collect_caches(const struct db *db, struct db_cache_counts *sum);

/* For files of this floor only: whether a statement may be had on this connection (a DB_READ one
 * has none that writes), the raw handle, the statement cache and the collations. */
struct interruptions *db_interruptions(struct db *db);
bool db_may_prepare(const struct db *db, struct sqlite3_stmt *stmt);
struct sqlite3 *db_handle(const struct db *db);
struct statement_cache *db_statements(struct db *db);
struct collations *db_collations(struct db *db);
const struct statement **db_running(struct db *db);
int64_t *db_row_at_hand(struct db *db); /* store/db/checks.h */

/* Whose statements are prepared from here: 0 the owner's, else the serial number of a role's catalogue. */
uint64_t db_role_serial(const struct db *db);

/* While there is one it says what a statement that is prepared may mention. */
void db_fence(struct db *db, struct fence *fence);

/*
 * Has the connection the views of this role's catalogue? Around the making of them: it has none of the
 * role's (false with ERROR_MEMORY); it has them. A transaction that is rolled back takes them with it.
 */
bool db_has_views(const struct db *db, const struct catalog *role);
bool db_change_views(struct db *db, const struct catalog *role, struct error *e)
    __attribute__((warn_unused_result));
void db_note_views(struct db *db, const struct catalog *role);

/* The transaction in which they were made is committed. */
void db_settle_views(struct db *db);
bool db_views_are_settled(const struct db *db);

/* Ends the transaction of a connection that reads, which has nothing to commit but such views. */
void db_end_reading(struct db *db);

#endif
