/* SPDX-License-Identifier: MIT */
#include "store/files/backup.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/atomic_file.h"
#include "base/clock.h"
#include "store/db/db.h"
#include "store/db/statement.h"
#include "store/files/integrity.h"

/* Bytes copied between two looks at the clock, and between two syncs: the disk gets the file in
 * pieces that a commit of the writer can pass. */
#define STEP_BYTES ((int64_t)1 << 20)
#define SYNC_BYTES ((int64_t)32 << 20)

/* Virtual-machine instructions between two looks during the check. */
#define CHECK_STEPS 100000

struct work {
    const struct backup_options *options;
    const char *from;
    struct atomic_file *part;
    struct db *source, *copy;
    int64_t begun_us;
    int64_t page_size, total; /* bytes */
    bool stopped;
    struct backup_made *out;
    struct error damage; /* what the check has found */
};

/* Tells whoever watches; false if the work is to stop. */
static bool tell_watcher(struct work *w, enum backup_phase phase, int64_t done)
{
    const struct backup_options *o = w->options;

    if (w->stopped || !o->watch)
        return !w->stopped;
    if (done > w->total)
        done = w->total;
    w->stopped = !o->watch(o->context, phase, done, w->total);
    return !w->stopped;
}

static bool stopped(const struct work *w, struct error *e)
{
    return error_set(e, ERROR_DRAINING, "stopped: %s is not written", w->part->name);
}

/* Begins to read, and how much there is. */
static bool measure(struct work *w, struct error *e)
{
    int64_t pages = 0, tables;

    if (!db_exec(w->source, "BEGIN", e))
        return false;
    if (!db_integer(w->source, "SELECT count(*) FROM sqlite_schema", &tables, e))
        return false;
    if (!db_integer(w->source, "PRAGMA page_size", &w->page_size, e))
        return false;
    if (!db_integer(w->source, "PRAGMA page_count", &pages, e))
        return false;
    w->total = pages * w->page_size;
    return true;
}

/* Opens the source and fixes the instant: from here its snapshot is held. */
static bool open_source(struct work *w, struct error *e)
{
    struct error cause = error_none();

    w->source = db_open(w->from, DB_READ, w->options->db, e);
    if (!w->source)
        return false;
    if (!measure(w, &cause))
        return error_set(e, cause.code, "cannot read %s: %s", w->from, cause.message);
    if (w->total > 0)
        return true;
    return error_set(e, ERROR_CORRUPT, "%s: the file is empty", w->from);
}

/* After each step: may it go on? */
static bool go_on(struct work *w, int64_t done, int64_t *synced, struct error *e)
{
    int64_t limit = w->options->timeout_us;

    if (!tell_watcher(w, BACKUP_COPIES, done))
        return stopped(w, e);
    if (limit && clock_us() - w->begun_us > limit)
        return error_set(e, ERROR_TIMEOUT,
                         "copying %s takes longer than --backup-timeout allows (%lld ms): given up "
                         "at %lld of %lld bytes",
                         w->from, (long long)(limit / 1000), (long long)done, (long long)w->total);
    if (done - *synced < SYNC_BYTES)
        return true;
    *synced = done;
    return atomic_file_sync(w->part, e);
}

static bool copy_pages(struct work *w, struct error *e)
{
    sqlite3_backup *b =
        sqlite3_backup_init(db_handle(w->copy), "main", db_handle(w->source), "main");
    int pages = (int)(STEP_BYTES / w->page_size), rc = SQLITE_OK;
    struct error cause = error_none();
    int64_t synced = 0;
    bool ok = true;

    if (!b)
        return db_error(w->copy, sqlite3_errcode(db_handle(w->copy)), e);
    while (ok && (rc = sqlite3_backup_step(b, pages)) == SQLITE_OK) {
        int64_t left = sqlite3_backup_remaining(b);

        ok = go_on(w, w->total - left * w->page_size, &synced, e);
    }
    if (sqlite3_backup_finish(b) != SQLITE_OK && rc == SQLITE_DONE)
        rc = sqlite3_errcode(db_handle(w->copy));
    if (!ok)
        return false;
    if (rc == SQLITE_DONE) {
        if (tell_watcher(w, BACKUP_COPIES, w->total))
            return true;
        return stopped(w, e);
    }
    db_error(w->copy, rc, &cause);
    return error_set(e, cause.code, "cannot copy %s to %s: %s", w->from, w->part->path,
                     cause.message);
}

/* Bytes 18 and 19 of the file say how it is to be journaled (sqlite.org/fileformat2.html §1.3.3):
 * 1 is a rollback journal. */
static bool leave_wal(struct atomic_file *part, struct error *e)
{
    static const unsigned char rollback[2] = {1, 1};

    if (pwrite(part->fd, rollback, sizeof rollback, 18) == (ssize_t)sizeof rollback)
        return true;
    return atomic_file_error(e, "write", part->path);
}

static bool open_and_copy(struct work *w, struct error *e)
{
    if (!open_source(w, e))
        return false;
    w->copy = db_open(w->part->path, DB_COPY, w->options->db, e);
    if (!w->copy)
        return false;
    return copy_pages(w, e);
}

static bool copy_database(struct work *w, struct error *e)
{
    bool ok = open_and_copy(w, e);

    db_close(w->copy);
    db_close(w->source); /* the write-ahead log may start over again */
    w->copy = w->source = NULL;
    if (!ok)
        return false;
    return leave_wal(w->part, e);
}

/* sqlite.org/c3ref/progress_handler.html: the pages read so far tell how far the check is. */
static int watch_check(void *context)
{
    struct work *w = context;
    int misses = 0, unused;

    sqlite3_db_status(db_handle(w->copy), SQLITE_DBSTATUS_CACHE_MISS, &misses, &unused, 0);
    return !tell_watcher(w, BACKUP_CHECKS, misses * w->page_size);
}

/* A schema whose foreign keys make no sense gives no count. */
static void count_orphans(struct work *w, int64_t *out)
{
    struct error ignored = error_none();

    if (!db_integer(w->copy, "SELECT count(*) FROM pragma_foreign_key_check", out, &ignored))
        *out = -1;
}

static bool take_finding(void *context, enum finding kind, struct slice table, struct slice text)
{
    struct work *w = context;
    struct backup_made *out = w->out;

    if (kind == FINDING_DAMAGE)
        return error_set(&w->damage, ERROR_CORRUPT, "%s is damaged: %.*s", w->from,
                         SLICE_ARG(text));
    if (kind == FINDING_UNCHECKED && out->unchecked++ == 0)
        snprintf(out->unchecked_why, sizeof out->unchecked_why, "%.*s: %.*s",
                 SLICE_ARG(slice_first(table, 60)), SLICE_ARG(slice_first(text, 180)));
    return true;
}

/* ERROR_CORRUPT with what is wrong. Rows that their schema would not take are no damage. */
static bool check_integrity(struct work *w, struct error *e)
{
    const struct integrity to = {w->copy, take_finding, w};

    if (integrity_of_file(&to, e))
        return true;
    if (error_is_set(&w->damage))
        *e = w->damage;
    return false;
}

/* The copy is sound; how many of its rows refer to nothing. */
static bool check_copy(struct work *w, struct backup_made *out, struct error *e)
{
    if (!tell_watcher(w, BACKUP_CHECKS, 0))
        return false;
    w->out = out;
    if (!check_integrity(w, e))
        return false;
    count_orphans(w, &out->orphans);
    return tell_watcher(w, BACKUP_CHECKS, w->total);
}

static bool open_and_check(struct work *w, struct backup_made *out, struct error *e)
{
    bool ok;

    w->copy = db_open(w->part->path, DB_READ, w->options->db, e);
    if (!w->copy)
        return false;
    db_allow_prepare(w->copy, true); /* an FTS5 table's own check prepares more than it runs */
    sqlite3_progress_handler(db_handle(w->copy), CHECK_STEPS, watch_check, w);
    ok = check_copy(w, out, e);
    db_close(w->copy);
    w->copy = NULL;
    if (w->stopped)
        return stopped(w, e);
    return ok;
}

bool backup_fill(struct atomic_file *part, const char *from, const struct backup_options *options,
                 struct backup_made *out, struct error *e)
{
    struct work w = {.options = options, .from = from, .part = part, .begun_us = clock_us()};

    *out = (struct backup_made){.bytes = 0};
    if (!copy_database(&w, e))
        return false;
    out->pinned_us = clock_us() - w.begun_us;
    out->bytes = w.total;
    if (!atomic_file_sync(part, e))
        return false;
    if (!open_and_check(&w, out, e))
        return false;
    out->us = clock_us() - w.begun_us;
    return true;
}

static bool is_same_file(const struct stat *a, const char *path)
{
    struct stat b;

    if (stat(path, &b) != 0)
        return false;
    return a->st_dev == b.st_dev && a->st_ino == b.st_ino;
}

/* Fills the part and gives it its name, with the permissions of the file that it is a copy of. */
static bool fill_and_commit(struct atomic_file *part, const char *from, mode_t mode,
                            const struct backup_options *options, struct backup_made *out,
                            struct error *e)
{
    if (!backup_fill(part, from, options, out, e))
        return false;
    if (fchmod(part->fd, mode & 0777) != 0)
        return atomic_file_error(e, "write", part->path);
    return atomic_file_commit(part, e);
}

bool backup_take(const char *from, const char *to, const struct backup_options *options,
                 struct backup_made *out, struct error *e)
{
    struct atomic_file part;
    struct stat st;
    bool ok;

    if (stat(from, &st) != 0)
        return atomic_file_error(e, "read", from);
    if (is_same_file(&st, to))
        return error_set(e, ERROR_FAILURE, "%s is the database itself", to);
    if (!atomic_file_open(&part, to, options->replace, e))
        return false;
    ok = fill_and_commit(&part, from, st.st_mode, options, out, e);
    atomic_file_discard(&part);
    return ok;
}
