/* SPDX-License-Identifier: MIT */
#include "store/db/db_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Where the header says how the file is journaled (sqlite.org/fileformat2.html §1.3.3). */
#define HEADER_READ_VERSION 19
#define HEADER_WAL          2

static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};

static bool name_of(const char *path, const char *suffix, char out[PATH_MAX])
{
    return snprintf(out, PATH_MAX, "%s%s", path, suffix) < PATH_MAX;
}

void db_folder(const char *path, char out[PATH_MAX])
{
    const char *slash = strrchr(path, '/');
    size_t len = slash ? (size_t)(slash - path) : 0;

    if (!slash)
        snprintf(out, PATH_MAX, ".");
    else
        snprintf(out, PATH_MAX, "%.*s", len ? (int)len : 1, len ? path : "/");
}

/* A name that SQLite would take for something else than a file: what is written there is on no disk. */
static bool check_name(const char *path, struct error *e)
{
    if (!path[0])
        return error_set(e, ERROR_USAGE, "--db \"\" is no file: name one");
    if (strcmp(path, ":memory:") == 0)
        return error_set(e, ERROR_USAGE,
                         "--db :memory: is no file: what is acknowledged must be on a disk; name a "
                         "file, on a tmpfs if it may be lost");
    if (strncmp(path, "file:", 5) == 0)
        return error_set(e, ERROR_USAGE,
                         "--db %s is a URI, not a file's name: leave out file: "
                         "(or write ./file:… for a file of that name)",
                         path);
    if (strlen(path) + sizeof "-journal" > PATH_MAX)
        return error_set(e, ERROR_USAGE, "--db: the name is too long");
    return true;
}

static bool no_folder(const char *path, const char *folder, int cause, struct error *e)
{
    if (cause == ENOENT)
        return error_set(e, ERROR_FAILURE,
                         "cannot open database %s: there is no folder %s: make it first", path,
                         folder);
    if (cause == ENOTDIR)
        return error_set(e, ERROR_FAILURE, "cannot open database %s: %s is no folder", path,
                         folder);
    if (cause == EACCES)
        return error_set(e, ERROR_FAILURE,
                         "cannot open database %s: this process (uid %ld) has no permission to "
                         "enter the folder %s",
                         path, (long)geteuid(), folder);
    return error_set(e, ERROR_FAILURE, "cannot open database %s: %s", path, strerror(cause));
}

/* There is no file: can one be made? */
static bool look_at_folder(const char *path, struct error *e)
{
    char folder[PATH_MAX];
    struct stat st;

    db_folder(path, folder);
    if (stat(folder, &st) != 0)
        return no_folder(path, folder, errno, e);
    if (!S_ISDIR(st.st_mode))
        return no_folder(path, folder, ENOTDIR, e);
    if (access(folder, W_OK | X_OK) == 0)
        return true;
    if (errno == EACCES)
        return error_set(e, ERROR_FAILURE,
                         "cannot make database %s: this process (uid %ld) has no permission to "
                         "write into the folder %s, which belongs to uid %ld",
                         path, (long)geteuid(), folder, (long)st.st_uid);
    return error_set(e, ERROR_FAILURE, "cannot make database %s in the folder %s: %s", path, folder,
                     strerror(errno));
}

static bool check_kind(const char *path, const struct stat *st, struct error *e)
{
    if (S_ISDIR(st->st_mode))
        return error_set(e, ERROR_FAILURE,
                         "cannot open database %s: it is a folder; name a file, as %s/thimble.db",
                         path, path);
    if (S_ISREG(st->st_mode))
        return true;
    return error_set(e, ERROR_FAILURE, "cannot open database %s: it is not an ordinary file", path);
}

static bool check_readable(const char *path, const struct stat *st, struct error *e)
{
    if (access(path, R_OK) == 0)
        return true;
    return error_set(e, ERROR_FAILURE,
                     "cannot read database %s: %s: it belongs to uid %ld, this process is uid %ld",
                     path, strerror(errno), (long)st->st_uid, (long)geteuid());
}

/* A log of another's, beside a file that could be written, would fail every write. */
static bool check_beside(const char *path, bool writing, struct error *e)
{
    for (size_t i = 1; i < sizeof suffixes / sizeof *suffixes; i++) {
        char name[PATH_MAX];
        struct stat st;

        if (!name_of(path, suffixes[i], name) || stat(name, &st) != 0)
            continue;
        if (!S_ISREG(st.st_mode))
            return error_set(e, ERROR_FAILURE,
                             "cannot open database %s: SQLite keeps its log in %s, and that is no "
                             "file: move it away",
                             path, name);
        if (access(name, writing ? R_OK | W_OK : R_OK) != 0)
            return error_set(e, ERROR_FAILURE,
                             "cannot %s %s, the log of database %s: %s: it belongs to uid %ld, "
                             "this process is uid %ld; give it the owner of the database",
                             writing ? "write" : "read", name, path, strerror(errno),
                             (long)st.st_uid, (long)geteuid());
    }
    return true;
}

static bool exists(const char *path, const char *suffix, struct stat *st)
{
    char name[PATH_MAX];

    return name_of(path, suffix, name) && stat(name, st) == 0;
}

/* Without permission to make files there, those that a writer needs must be there already. False
 * with errno. */
static bool may_write_beside(const char *path, const char *folder)
{
    bool can_make = access(folder, W_OK) == 0;
    int cause = errno;
    struct stat st;
    bool there = can_make || (exists(path, "-wal", &st) && exists(path, "-shm", &st));

    errno = cause;
    return there;
}

static enum db_access find_access(const char *path, char why[256])
{
    char folder[PATH_MAX];

    db_folder(path, folder);
    why[0] = '\0';
    if (access(path, W_OK) != 0) {
        snprintf(why, 256, "%.150s cannot be written: %s", path, strerror(errno));
        return DB_UNWRITABLE;
    }
    if (may_write_beside(path, folder))
        return DB_WRITABLE;
    snprintf(why, 256, "the folder %.150s cannot be written: %s", folder, strerror(errno));
    return DB_UNWRITABLE;
}

/* What the log alone holds cannot be read without its index: to pass over it would be a lie. */
static bool check_log(const char *path, struct error *e)
{
    char folder[PATH_MAX];
    struct stat st;

    db_folder(path, folder);
    if (access(folder, W_OK) == 0)
        return true;
    if (exists(path, "-shm", &st))
        return true;
    if (!exists(path, "-wal", &st))
        return true;
    if (st.st_size == 0)
        return true;
    return error_set(e, ERROR_FAILURE,
                     "cannot read database %s: %s-wal holds changes of its own, and its index "
                     "cannot be made in the folder %s: open the database once where it can be "
                     "written",
                     path, path, folder);
}

bool db_look(const char *path, enum db_access *access, char why[256], struct error *e)
{
    char folder[PATH_MAX];
    struct stat st;

    *access = DB_ABSENT;
    why[0] = '\0';
    if (!check_name(path, e))
        return false;
    if (stat(path, &st) != 0) {
        db_folder(path, folder);
        if (errno != ENOENT)
            return no_folder(path, folder, errno, e);
        if (!look_at_folder(path, e))
            return false;
        return check_beside(path, true, e);
    }
    if (!check_kind(path, &st, e))
        return false;
    if (!check_readable(path, &st, e))
        return false;
    *access = find_access(path, why);
    if (!check_beside(path, *access == DB_WRITABLE, e))
        return false;
    return check_log(path, e);
}

static bool is_in_wal_mode(const char *path)
{
    unsigned char version = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool read = fd >= 0 && pread(fd, &version, 1, HEADER_READ_VERSION) == 1;

    if (fd >= 0)
        close(fd);
    return read && version == HEADER_WAL;
}

bool db_is_still(const char *path)
{
    char folder[PATH_MAX];
    struct stat st;

    db_folder(path, folder);
    if (access(folder, W_OK) == 0 || exists(path, "-shm", &st))
        return false;
    return (!exists(path, "-wal", &st) || st.st_size == 0) && is_in_wal_mode(path);
}

void db_files_note(struct db_files *f, const char *path, const char *real)
{
    for (size_t i = 0; i < sizeof f->files / sizeof *f->files; i++) {
        struct one_file *file = &f->files[i];
        struct stat st;

        file->known =
            name_of(i == 0 ? path : real, suffixes[i], file->path) && stat(file->path, &st) == 0;
        if (!file->known)
            continue;
        file->device = st.st_dev;
        file->number = st.st_ino;
    }
}

bool db_files_stay(const struct db_files *f, struct error *e)
{
    for (size_t i = 0; i < sizeof f->files / sizeof *f->files; i++) {
        const struct one_file *file = &f->files[i];
        struct stat st;
        bool there;

        if (!file->known)
            continue;
        there = stat(file->path, &st) == 0;
        if (there && st.st_dev == file->device && st.st_ino == file->number)
            continue;
        error_set(e, ERROR_LOST, "%s was %s while it was served: nothing is written", file->path,
                  there ? "replaced" : "moved or removed");
        return error_hint(e, "Put the file back, or start the service again.");
    }
    return true;
}
