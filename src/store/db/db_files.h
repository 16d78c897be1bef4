/*
 * The files of a database: what keeps this process from reading or writing them, and whether they
 * are still where they were. SQLite itself says no more than "unable to open database file".
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_DB_DB_FILES_H
#define THIMBLE_STORE_DB_DB_FILES_H

#include <limits.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "base/error.h"

/* What a database's name leads to. */
enum db_access {
    DB_ABSENT,    /* nothing yet: it can be made there */
    DB_WRITABLE,  /* an ordinary file */
    DB_UNWRITABLE /* it, its folder or its volume lets this process only read */
};

/*
 * Looks at the file, its folder, and its -wal, -shm and -journal. False with ERROR_USAGE if the name
 * is none of a file, ERROR_FAILURE if the database can neither be read nor made: one line that
 * says what is in the way and what to do. With DB_UNWRITABLE `why` says what cannot be written.
 */
bool db_look(const char *path, enum db_access *access, char why[256], struct error *e)
    __attribute__((warn_unused_result));

/* The folder that the file is in, as it is named: "." for a name without one. */
void db_folder(const char *path, char out[PATH_MAX]);

/*
 * True if a reading connection has to open the file as one that does not change
 * (sqlite.org/uri.html#uriimmutable): in WAL mode, all of it in the file, and no index of the log
 * can be made beside it (sqlite.org/wal.html#read_only_databases).
 */
bool db_is_still(const char *path);

/* A database's files as they were when a connection opened them. */
struct db_files {
    struct one_file {
        char path[PATH_MAX];
        dev_t device;
        ino_t number;
        bool known;
    } files[3]; /* the database, its write-ahead log, the index of that */
};

/* Remembers them while a connection holds them open: `real` is the database's path without links. */
void db_files_note(struct db_files *f, const char *path, const char *real);

/* True while each is the same file still; else false with ERROR_LOST that names it. Any thread.
 * Some system calls, no look at the content. */
bool db_files_stay(const struct db_files *f, struct error *e) __attribute__((warn_unused_result));

#endif
