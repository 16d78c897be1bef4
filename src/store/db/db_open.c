/*
 * Opening a connection: its file, its settings, its SQL functions.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <sqlite3.h>

#include "base/clock.h"
#include "store/db/authorizer.h"
#include "store/db/checks.h"
#include "store/db/db_files.h"
#include "store/db/db_private.h"
#include "store/db/identity.h"
#include "store/db/statement_cache.h"
#include "store/db/temporary.h"

/* Between two tries to turn WAL on while another process holds a lock. */
#define WAL_RETRY_MS 5

struct db_options db_options_default(void)
{
    return (struct db_options){
        .synchronous = DB_SYNCHRONOUS_FULL,
        .cache_bytes = 8 << 20,
        .mmap_bytes = 0,
        .busy_ms = 5000,
        .statement_cache = 128,
        .answer_bytes = 32 << 20,
    };
}

/*
 * Turns WAL on (sqlite.org/wal.html §3.3). When two processes open a new file at once, one
 * meets the other's lock, and SQLite does not wait there: the busy timeout is ours to keep.
 */
static bool use_wal(struct db *db, int busy_ms, struct error *e)
{
    int64_t until = clock_us() + (int64_t)busy_ms * 1000;
    int rc;

    while ((rc = sqlite3_exec(db->handle, "PRAGMA journal_mode=WAL", NULL, NULL, NULL)) !=
           SQLITE_OK) {
        if ((rc & 0xff) != SQLITE_BUSY || clock_us() >= until || db_is_overdue(db))
            return db_error(db, rc, e);
        sqlite3_sleep(WAL_RETRY_MS);
    }
    return true;
}

/* What fills with a copy is worth nothing until it is whole: no syncs, no journal on the disk. */
static bool use_copy(struct db *db, struct error *e)
{
    return db_exec(db, "PRAGMA journal_mode=MEMORY;PRAGMA synchronous=OFF", e);
}

/* Not after a commit, and not when the last connection closes. */
static bool leave_checkpoints(struct db *db, struct error *e)
{
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    return db_exec(db, "PRAGMA wal_autocheckpoint=0", e);
}

static bool set_up(struct db *db, enum db_mode mode, const struct db_options *o, struct error *e)
{
    char *pragmas;
    bool ok;

    db->interruptions = (struct interruptions){.busy_ms = o->busy_ms, .stopping = o->stopping};
    interruptions_watch(&db->interruptions, db->handle);
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    if (o->lean) /* sqlite.org/malloc.html#lookaside */
        sqlite3_db_config(db->handle, SQLITE_DBCONFIG_LOOKASIDE, NULL, 0, 0);
    if (o->value_bytes)
        sqlite3_limit(db->handle, SQLITE_LIMIT_LENGTH, (int)o->value_bytes);
    /* A plan does not depend on bound values: else LIMIT ? is planned anew at every binding. */
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_ENABLE_QPSG, 1, NULL);
    pragmas = sqlite3_mprintf("PRAGMA foreign_keys=ON;PRAGMA synchronous=%s;"
                              "PRAGMA cache_size=-%lld;PRAGMA mmap_size=%lld",
                              o->synchronous == DB_SYNCHRONOUS_FULL ? "FULL" : "NORMAL",
                              (long long)(o->cache_bytes / 1024), (long long)o->mmap_bytes);
    if (!pragmas)
        return error_set(e, ERROR_MEMORY, "out of memory");
    ok = (mode == DB_READ || mode == DB_COPY || use_wal(db, o->busy_ms, e)) &&
         db_exec(db, pragmas, e) && (mode != DB_COPY || use_copy(db, e)) &&
         (!o->no_checkpoints || leave_checkpoints(db, e)) &&
         rows_register(db, o->write_row, (size_t)o->answer_bytes, e) && identity_register(db, e) &&
         checks_register(db, e);
    sqlite3_free(pragmas);
    db->for_reading = mode == DB_READ;
    if (ok && !db->temporary_files)
        ok = db_exec(db, "PRAGMA temp_store=MEMORY", e);
    if (ok && db->for_reading) {
        db->authorizer.reads_only = true;
        authorizer_install(&db->authorizer, db->handle);
        collations_stand_in(&db->collations, db->handle);
    }
    return ok;
}

/* "file:PATH?immutable=1", the path percent-encoded (sqlite.org/uri.html); NULL without memory. */
static char *still_uri(const char *path)
{
    static const char tail[] = "?immutable=1";
    char *uri = malloc(strlen(path) * 3 + sizeof "file:" + sizeof tail), *at = uri;

    if (!uri)
        return NULL;
    at += snprintf(at, sizeof "file:", "file:");
    for (; *path; path++) {
        if (strchr("?#% ", *path))
            at += snprintf(at, 4, "%%%02X", (unsigned char)*path);
        else
            *at++ = *path;
    }
    snprintf(at, sizeof tail, "%s", tail);
    return uri;
}

static int open_still(struct db *db, const char *path)
{
    char *uri = still_uri(path);
    int rc = SQLITE_NOMEM;

    if (uri && stat(path, &db->still) == 0) {
        db->still_path = path;
        rc = sqlite3_open_v2(uri, &db->handle,
                             SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX |
                                 SQLITE_OPEN_EXRESCODE,
                             NULL);
    }
    free(uri);
    return rc;
}

static int open_handle(struct db *db, const char *path, enum db_mode mode)
{
    static const int flags[] = {
        [DB_READ] = SQLITE_OPEN_READONLY,
        [DB_WRITE] = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
        [DB_CHECK] = SQLITE_OPEN_READWRITE,
        [DB_COPY] = SQLITE_OPEN_READWRITE,
    };

    if (mode == DB_READ && db_is_still(path))
        return open_still(db, path);
    return sqlite3_open_v2(path, &db->handle,
                           flags[mode] | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
}

struct db *db_open(const char *path, enum db_mode mode, const struct db_options *options,
                   struct error *e)
{
    struct error cause = error_none();
    struct db *db = calloc(1, sizeof *db);

    if (db)
        db->statements = statement_cache_new(options->statement_cache);
    if (!db || !db->statements) {
        error_set(e, ERROR_MEMORY, "out of memory");
        db_close(db);
        return NULL;
    }
    db->read_only = options->read_only;
    db->temporary_files = temporary_files_beside(path);
    int rc = open_handle(db, path, mode);
    if (rc != SQLITE_OK)
        db_error(db, rc, &cause);
    if (error_is_set(&cause) || !set_up(db, mode, options, &cause)) {
        error_set(e, cause.code, "cannot open database %s: %s", path, cause.message);
        db_close(db);
        return NULL;
    }
    return db;
}
