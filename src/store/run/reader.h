/*
 * A loop's own read-only connection. Its read transaction is kept between requests
 * and renewed only when the commit generation moved or it is older than
 * READER_KEEP_US, so that most reads cost no system call, another process's commits
 * are seen soon, and checkpoints can pass. One thread: the loop's.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_RUN_READER_H
#define THIMBLE_STORE_RUN_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/slice.h"
#include "store/row.h"

/* How long a snapshot is kept, in microseconds. */
#define READER_KEEP_US 50000

struct catalog;
struct db;
struct db_cache_counts;
struct identity;
struct reader;
struct reading;
struct store;
struct table;

/* Opens the connection. NULL with an error. The store outlives the reader. */
struct reader *reader_open(struct store *store, struct error *e);
/* The same, where there may be many: compiling takes a little longer, and it has less memory of its own. */
struct reader *reader_open_lean(struct store *store, struct error *e);
void reader_close(struct reader *reader);

/*
 * Makes the snapshot current at `now_us` (clock_us): whatever was committed by this
 * process before the call is seen. Statements run until `deadline_us` at most (0: no
 * limit). Must be called before the reads of a request; all statements of the request
 * before must be released.
 */
bool reader_begin(struct reader *reader, int64_t now_us, int64_t deadline_us, struct error *e)
    __attribute__((warn_unused_result));

/* The same for an event loop: fails with ERROR_OVER_BUDGET where a large catalogue is to be read. */
bool reader_begin_soon(struct reader *reader, int64_t now_us, int64_t deadline_us, struct error *e)
    __attribute__((warn_unused_result));

/*
 * Makes the catalogue recent, for a request that reads nothing itself: the kept snapshot serves
 * until it is READER_KEEP_US old, whatever was committed since. A writer is so spared a snapshot
 * for every write.
 */
bool reader_begin_schema(struct reader *reader, int64_t now_us, int64_t deadline_us,
                         struct error *e) __attribute__((warn_unused_result));

/*
 * reader_budget: from now until the next reader_begin, statements are stopped at `budget_us`
 * (clock_us; 0: they are not) with ERROR_OVER_BUDGET. reader_cancel_by: until it is called again, when
 * the flag is raised, with ERROR_CANCELLED; NULL: they are not.
 */
void reader_budget(struct reader *reader, int64_t budget_us);
void reader_cancel_by(struct reader *reader, const _Atomic bool *cancelled);

/* Is it time to stop? Then it is recorded as an error: for what is done between rows. */
bool reader_stops(struct reader *reader, struct error *e) __attribute__((warn_unused_result));

/* The catalogue that fits the snapshot: borrowed until the next reader_begin, hold it to keep it
 * longer. */
struct catalog *reader_catalog(struct reader *reader);

/* Its connection has this role's views from here on (store/access/role_views.h). */
bool reader_attach(struct reader *reader, struct catalog *catalog, struct error *e)
    __attribute__((warn_unused_result));

/* Whom the reads of this request are for, until the next reader_begin. */
void reader_identify(struct reader *reader, struct identity *who);

/*
 * Reads: each row goes to the sink, with `context`, on the calling thread. False with an error if the
 * statement or the sink has failed; rows that the sink has had by then are not taken back.
 */
bool reader_rows(struct reader *reader, const struct query *query, row_sink *sink, void *context,
                 struct error *e) __attribute__((warn_unused_result));

/*
 * The same, where the sink may say ROW_PAUSE. READING_PAUSED: `*out` is the reading, to be gone on with
 * by reading_go_on, perhaps by another thread, which has the reader then, and ended by reading_end. Until
 * that the reader keeps its snapshot, role and identity, and is used for nothing else; the query's values
 * stay where they are. Else `*out` is NULL and all is over.
 */
enum reading_state reader_read(struct reader *reader, const struct query *query, row_sink *sink,
                               void *context, struct reading **out, struct error *e)
    __attribute__((warn_unused_result));
enum reading_state reading_go_on(struct reading *reading, row_sink *sink, void *context,
                                 struct error *e) __attribute__((warn_unused_result));
void reading_end(struct reading *reading);

/* Its statements run until then (clock_us; 0: no limit): of a reading that is paused. */
void reader_deadline(struct reader *reader, int64_t deadline_us);

/* A reader that is kept for a reading makes do with READER_SMALL_CACHE bytes of pages, and has as many as
 * others again before it is used for anything else. */
#define READER_SMALL_CACHE 262144
bool reader_make_small(struct reader *reader, struct error *e) __attribute__((warn_unused_result));
bool reader_make_full(struct reader *reader, struct error *e) __attribute__((warn_unused_result));

/* Gives back those of its pages that are not in use. */
void reader_trim(struct reader *reader);

/*
 * A reader that goes from thread to thread: between the two it is the calling thread's, and what its
 * connection has of memory is counted as that of the thread (base/memory.h).
 */
void reader_take_up(struct reader *reader);
void reader_put_down(struct reader *reader);

/* The same for an EXPLAIN: of a statement that writes, too, as nothing is run. */
bool reader_explain(struct reader *reader, const struct query *query, row_sink *sink, void *context,
                    struct error *e) __attribute__((warn_unused_result));

/* How many rows ANALYZE found in the table (store/catalog/statistics.h), -1: it is not known. False
 * with an error. */
bool reader_statistics(struct reader *reader, struct slice table, int64_t *rows, struct error *e)
    __attribute__((warn_unused_result));

/* Adds to the failure of the reader's last statement who is to blame (store/catalog/blame.h). */
void reader_blame(struct reader *reader, const struct table *table, struct error *e);

/* Can the file be read? False with an error. */
bool reader_check(struct reader *reader, struct error *e) __attribute__((warn_unused_result));

/* The connection, for those who run the service (serve/). */
struct db *reader_db(struct reader *reader);

/*
 * Which database the snapshot shows: two snapshots of this reader with the same version show the
 * same rows, whatever process commits, under the same access files. `reader_version_since` is when the reader first saw it
 * (clock_us).
 */
uint64_t reader_version(const struct reader *reader);
int64_t reader_version_since(const struct reader *reader);

/* When the kept snapshot is to be released (clock_us), or 0 if none is kept. */
int64_t reader_expires_us(const struct reader *reader);

/* Any thread: adds how its connection's caches did, until the last snapshot was released. */
void reader_collect(const struct reader *reader, struct db_cache_counts *sum);

/* Releases the kept snapshot, if any. */
void reader_release(struct reader *reader);

/* The same, for a reader that is not used for a while: the pages that its connection keeps and the
 * catalogue are given back. */
void reader_rest(struct reader *reader);

#endif
