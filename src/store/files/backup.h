/*
 * A checked copy of a database, as it was at one instant, taken while others read and write it.
 *
 * The copy is made page by page (sqlite.org/backup.html) by a connection that holds a read
 * transaction, so nothing that is committed meanwhile shows in it, or makes it begin again, and
 * the writer never waits. What it costs others: while the pages are copied (not while they are
 * checked) the write-ahead log cannot start over and grows by what is written; `timeout_us` bounds
 * that. The copy is in rollback mode: one file, which opens from a read-only disk as well.
 *
 * Any thread; one call, one thread.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_FILES_BACKUP_H
#define THIMBLE_STORE_FILES_BACKUP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct db_options;
struct atomic_file;

enum backup_phase { BACKUP_COPIES, BACKUP_CHECKS };

/* Told often how many bytes of how many a phase has done; false: stop and leave nothing. */
typedef bool backup_watch_fn(void *context, enum backup_phase phase, int64_t done, int64_t total);

struct backup_options {
    const struct db_options *db; /* of the connections; borrowed */
    bool replace;                /* a file of that name */
    int64_t timeout_us;          /* copying may take this long; 0: no limit */
    backup_watch_fn *watch;      /* NULL: nobody */
    void *context;
};

struct backup_made {
    int64_t bytes;
    int64_t us;        /* from begin to end */
    int64_t pinned_us; /* of them, how long the write-ahead log could not start over */
    int64_t orphans;   /* rows that a foreign key of theirs leads nowhere; -1: cannot be told */
    int64_t unchecked; /* tables whose indexes could not be compared with their rows: the schema
                        * calls a function or a collation that this program has not… */
    char unchecked_why[256]; /* …which, of the first one */
};

/*
 * Copies the database `from` into the new file `to`: written as TO.part, checked (PRAGMA
 * integrity_check), synced, renamed. False with the reason in words for a person, and no `to`.
 * Rows without their parent are counted, not refused: they are the database's own.
 */
bool backup_take(const char *from, const char *to, const struct backup_options *options,
                 struct backup_made *out, struct error *e) __attribute__((warn_unused_result));

/*
 * Puts the backup `from` in the place of the database `to`, by the same steps. `to` is locked
 * meanwhile: refused (ERROR_LOCKED) if another process has it open. Its write-ahead log goes too.
 * An existing `to` is refused unless options->replace; until the last step it stays as it is.
 */
bool backup_restore(const char *from, const char *to, const struct backup_options *options,
                    struct backup_made *out, struct error *e) __attribute__((warn_unused_result));

/* The two steps before the file takes its name; for backup_restore. */
bool backup_fill(struct atomic_file *part, const char *from, const struct backup_options *options,
                 struct backup_made *out, struct error *e) __attribute__((warn_unused_result));

#endif
