/* SPDX-License-Identifier: MIT */
#include "store/db/db.h"

#include <stdlib.h>

#include <sqlite3.h>

#include "store/db/db_files.h"
#include "store/db/db_private.h"
#include "store/db/identity.h"
#include "store/db/statement_cache.h"

bool db_is_read_only(const struct db *db)
{
    return db->read_only;
}

bool db_only_reads(const struct db *db)
{
    return db->for_reading;
}

bool db_is_unchanged(const struct db *db, struct error *e)
{
    struct stat now;

    if (!db->still_path)
        return true;
    if (stat(db->still_path, &now) == 0 && now.st_ino == db->still.st_ino &&
        now.st_size == db->still.st_size && now.st_mtim.tv_sec == db->still.st_mtim.tv_sec &&
        now.st_mtim.tv_nsec == db->still.st_mtim.tv_nsec && db_is_still(db->still_path))
        return true;
    error_set(e, ERROR_LOST, "%s changed while it was served from a folder that cannot be written",
              db->still_path);
    return error_hint(e, "Start the service again.");
}

void db_close(struct db *db)
{
    if (!db)
        return;
    statement_cache_free(db->statements);
    /* The last to close moves the whole log into the database: there may be no time for that. */
    if (db->handle && interruptions_look(&db->interruptions) == INTERRUPTION_STOPPING)
        sqlite3_db_config(db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    sqlite3_close_v2(db->handle);
    collations_finish(&db->collations);
    free(db->views.serials);
    free(db);
}

void db_forget_statements(struct db *db)
{
    statement_cache_clear(db->statements);
}

struct interruptions *db_interruptions(struct db *db)
{
    return &db->interruptions;
}

void db_identify(struct db *db, struct identity *who)
{
    db->who = who;
}

struct identity *db_identity(const struct db *db)
{
    return db->who;
}

void db_allow_prepare(struct db *db, bool on)
{
    db->authorizer.allow_prepare = on;
}

bool db_may_prepare(const struct db *db, struct sqlite3_stmt *stmt)
{
    return !db->for_reading || db->authorizer.allow_prepare || sqlite3_stmt_readonly(stmt);
}

void db_count_pages(struct db *db)
{
    int hits = 0, misses = 0, unused = 0;

    /* SQLite counts in 32 bits: taken and set to zero each time, it does not overflow. */
    sqlite3_db_status(db->handle, SQLITE_DBSTATUS_CACHE_HIT, &hits, &unused, 1);
    sqlite3_db_status(db->handle, SQLITE_DBSTATUS_CACHE_MISS, &misses, &unused, 1);
    counter_add(&db->page_hits, (uint64_t)hits);
    counter_add(&db->page_misses, (uint64_t)misses);
}

void db_rest(struct db *db)
{
    sqlite3_db_release_memory(db->handle);
}

void db_collect_caches(const struct db *db, struct db_cache_counts *sum)
{
    sum->page_hits += counter_read(&db->page_hits);
    sum->page_misses += counter_read(&db->page_misses);
    statement_cache_count(db->statements, &sum->statement_hits, &sum->statement_misses);
}

struct sqlite3 *db_handle(const struct db *db)
{
    return db->handle;
}

struct collations *db_collations(struct db *db)
{
    return &db->collations;
}

struct statement_cache *db_statements(struct db *db)
{
    return db->statements;
}
