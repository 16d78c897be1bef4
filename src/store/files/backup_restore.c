/*
 * The way back: a backup in the place of a database that nobody has open.
 *
 * SPDX-License-Identifier: MIT
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/atomic_file.h"
#include "store/files/backup.h"

/* How long another process may take to let go, e.g. one that is just ending. */
#define LOCK_WAIT_MS 500

/* Where SQLite's locks are in the file (sqlite.org/fileformat2.html §1.2): 512 bytes at 1 GiB. */
#define LOCK_START 0x40000000
#define LOCK_LEN   512

/* The old database, locked against everyone until the new one has its place. */
struct hold {
    sqlite3 *handle; /* of one that SQLite can read */
    int fd;          /* of one that it cannot; -1: none */
    bool exists;
    struct stat old;
};

static bool in_use(const char *path, struct error *e)
{
    return error_set(e, ERROR_LOCKED, "another process has %s open: stop it first", path);
}

/*
 * Every connection in WAL mode keeps a shared lock on the database file while it is open
 * (sqlite.org/wal.html §6): an exclusive one is had only alone. Leaving WAL mode moves what the
 * log holds into the database, and removes it: should the new file not get its place, the old one
 * is whole.
 */
static int lock_database(struct hold *h, const char *path)
{
    int rc = sqlite3_open_v2(path, &h->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);

    if (rc == SQLITE_OK) {
        sqlite3_busy_timeout(h->handle, LOCK_WAIT_MS);
        rc = sqlite3_exec(h->handle,
                          "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=DELETE;"
                          "BEGIN EXCLUSIVE",
                          NULL, NULL, NULL);
    }
    if (rc != SQLITE_OK) {
        sqlite3_close_v2(h->handle);
        h->handle = NULL;
    }
    return rc & 0xff;
}

/* A file that is damaged, or no database, has nothing to lose, but someone may have it open. */
static bool lock_bytes(struct hold *h, const char *path, struct error *e)
{
    struct flock lock = {
        .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = LOCK_START, .l_len = LOCK_LEN};

    h->fd = open(path, O_RDWR | O_CLOEXEC);
    if (h->fd < 0)
        return atomic_file_error(e, "write", path);
    if (fcntl(h->fd, F_SETLK, &lock) == 0)
        return true;
    if (errno == EAGAIN || errno == EACCES)
        return in_use(path, e);
    return atomic_file_error(e, "lock", path);
}

static bool take_hold(struct hold *h, const char *path, struct error *e)
{
    h->exists = stat(path, &h->old) == 0;
    if (!h->exists) {
        if (errno == ENOENT)
            return true;
        return atomic_file_error(e, "write", path);
    }
    switch (lock_database(h, path)) {
    case SQLITE_OK: return true;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return in_use(path, e);
    default: return lock_bytes(h, path, e);
    }
}

static void let_go(struct hold *h)
{
    sqlite3_close_v2(h->handle);
    if (h->fd >= 0)
        close(h->fd);
}

/* SQLite would apply a log or a journal that it finds beside the new file. */
static bool remove_logs(const char *path, struct error *e)
{
    static const char *const suffixes[] = {"-wal", "-shm", "-journal"};
    char name[PATH_MAX];

    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        if (snprintf(name, sizeof name, "%s%s", path, suffixes[i]) >= (int)sizeof name)
            return error_set(e, ERROR_FAILURE, "the name %s is too long", path);
        if (unlink(name) != 0 && errno != ENOENT)
            return atomic_file_error(e, "remove", name);
    }
    return true;
}

/* Whoever could use the old file can use the new one; a new one is for its owner alone. */
static bool keep_owner(const struct hold *h, struct atomic_file *part, struct error *e)
{
    if (!h->exists)
        return true;
    if (fchown(part->fd, h->old.st_uid, h->old.st_gid) != 0 && errno != EPERM)
        return atomic_file_error(e, "write", part->path);
    if (fchmod(part->fd, h->old.st_mode & 0777) == 0)
        return true;
    return atomic_file_error(e, "write", part->path);
}

static bool is_same_file(const char *a, const char *b)
{
    struct stat first, second;

    if (stat(a, &first) != 0)
        return false;
    if (stat(b, &second) != 0)
        return false;
    return first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

/* Fills the new file, and puts it in the place of the old one. */
static bool replace(struct atomic_file *part, struct hold *hold, const char *from, const char *to,
                    const struct backup_options *options, struct backup_made *out, struct error *e)
{
    if (!atomic_file_open(part, to, options->replace, e))
        return false;
    if (!take_hold(hold, to, e))
        return false;
    if (!backup_fill(part, from, options, out, e))
        return false;
    if (!keep_owner(hold, part, e))
        return false;
    if (!remove_logs(to, e))
        return false;
    return atomic_file_commit(part, e);
}

bool backup_restore(const char *from, const char *to, const struct backup_options *options,
                    struct backup_made *out, struct error *e)
{
    struct atomic_file part = {.fd = -1};
    struct hold hold = {.fd = -1};
    bool ok;

    if (access(from, R_OK) != 0)
        return atomic_file_error(e, "read", from);
    if (is_same_file(from, to))
        return error_set(e, ERROR_FAILURE, "%s is the database itself", from);
    ok = replace(&part, &hold, from, to, options, out, e);
    atomic_file_discard(&part);
    let_go(&hold);
    return ok;
}
