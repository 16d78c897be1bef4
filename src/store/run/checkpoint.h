/*
 * Checkpoints away from requests: a thread with a connection of its own moves WAL
 * frames into the database while readers and the writer go on (a PASSIVE checkpoint,
 * sqlite.org/wal.html §2.3). Only when the WAL grows far past that does the writer
 * itself wait for the readers and start the WAL over.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_RUN_CHECKPOINT_H
#define THIMBLE_STORE_RUN_CHECKPOINT_H

#include <stdint.h>

#include "base/error.h"
#include "base/metrics.h"

struct checkpoint;
struct db;
struct stopping;
struct store;

/* The WAL may grow to this many times `pages` before the writer starts it over. */
#define CHECKPOINT_RESTART_FACTOR 16

/* …and to this many times `pages` before the reader lane makes a gap for it (store/run/log_pause.h). */
#define CHECKPOINT_LONG_FACTOR 32

/*
 * Starts the thread; it acts when told of at least `pages` frames, and never if the store's
 * options say no_checkpoints. `stopping` (or NULL) interrupts it. NULL with an error.
 */
struct checkpoint *checkpoint_start(struct store *store, int64_t pages, struct stopping *stopping,
                                    struct error *e);

/* Writer's thread, between transactions: the WAL holds `wal_pages` frames. Sets store->log_is_long. */
void checkpoint_notice(struct checkpoint *checkpoint, struct db *writer, int64_t wal_pages);

/* For metrics; times in microseconds. */
struct checkpoint_counts {
    struct histogram_sum passive, restart; /* by the thread, by the writer */
    int64_t moved;                         /* WAL frames in the database, at the last passive one */
};

/* Any thread. */
void checkpoint_collect(const struct checkpoint *checkpoint, struct checkpoint_counts *out);

/* Ends the thread. Takes NULL. */
void checkpoint_stop(struct checkpoint *checkpoint);

/* Moves the whole WAL into the database and empties it; for the end of the process. When there is no
 * time for it, what is left is there at the next start. */
void checkpoint_final(struct db *db, const struct stopping *stopping);

#endif
