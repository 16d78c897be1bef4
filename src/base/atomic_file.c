/* SPDX-License-Identifier: MIT */
#include "base/atomic_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

bool atomic_file_error(struct error *e, const char *what, const char *path)
{
    int number = errno;
    enum error_code code = ERROR_IO;

    if (number == ENOSPC || number == EDQUOT || number == EFBIG)
        code = ERROR_FULL;
    return error_set(e, code, "cannot %s %s: %s", what, path, strerror(number));
}

static bool check_name(const struct atomic_file *p, struct error *e)
{
    struct stat st;

    if (stat(p->name, &st) != 0)
        return true; /* what is wrong with its folder is said by open() */
    if (!S_ISREG(st.st_mode))
        return error_set(e, ERROR_FAILURE, "%s is there and is not a file", p->name);
    if (p->replace)
        return true;
    return error_set(e, ERROR_FAILURE, "%s is there already; --force replaces it", p->name);
}

/* True if the name still leads to the file that is open: another may have committed it. */
static bool is_ours(const struct atomic_file *p)
{
    struct stat here, there;

    if (fstat(p->fd, &here) != 0)
        return false;
    if (stat(p->path, &there) != 0)
        return false;
    return here.st_ino == there.st_ino && here.st_dev == there.st_dev;
}

/* The name, and the path of the part beside it; false if they are too long. */
static bool make_names(struct atomic_file *p, const char *name)
{
    int n = snprintf(p->name, sizeof p->name, "%s", name);

    if (n < 1)
        return false;
    n = snprintf(p->path, sizeof p->path, "%s" ATOMIC_FILE_SUFFIX, name);
    return n < PATH_MAX;
}

static bool lock_part(const struct atomic_file *p)
{
    if (flock(p->fd, LOCK_EX | LOCK_NB) != 0)
        return false;
    return is_ours(p);
}

bool atomic_file_open(struct atomic_file *p, const char *name, bool replace, struct error *e)
{
    *p->path = '\0';
    p->fd = -1;
    p->replace = replace;
    if (!make_names(p, name))
        return error_set(e, ERROR_FAILURE, "\"%.80s\" is not the name of a file", name);
    if (!check_name(p, e))
        return false;
    p->fd = open(p->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (p->fd < 0)
        return atomic_file_error(e, "write", p->path);
    if (!lock_part(p)) {
        close(p->fd);
        p->fd = -1;
        return error_set(e, ERROR_BUSY, "another process is writing %s", p->path);
    }
    if (ftruncate(p->fd, 0) == 0)
        return true;
    atomic_file_error(e, "write", p->path);
    atomic_file_discard(p);
    return false;
}

bool atomic_file_sync(struct atomic_file *p, struct error *e)
{
    if (fsync(p->fd) == 0)
        return true;
    return atomic_file_error(e, "write", p->path);
}

/* Where the file system can be told so: not over a name that came up meanwhile. *told says whether
 * it could. */
static bool rename_to_new(const struct atomic_file *p, bool *told)
{
    if (renameat2(AT_FDCWD, p->path, AT_FDCWD, p->name, RENAME_NOREPLACE) == 0)
        return *told = true;
    *told = errno != EINVAL && errno != ENOSYS;
    return false;
}

/* A name that came up meanwhile is not replaced. */
static bool rename_part(const struct atomic_file *p)
{
    bool told = false;

    if (!p->replace) {
        if (rename_to_new(p, &told))
            return true;
        if (told)
            return false;
        if (access(p->name, F_OK) == 0) {
            errno = EEXIST;
            return false;
        }
    }
    return rename(p->path, p->name) == 0;
}

static bool sync_folder(const struct atomic_file *p)
{
    char folder[PATH_MAX] = ".";
    const char *slash = strrchr(p->name, '/');
    bool ok;
    int fd;

    if (slash == p->name)
        snprintf(folder, sizeof folder, "/");
    else if (slash)
        snprintf(folder, sizeof folder, "%.*s", (int)(slash - p->name), p->name);
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ok = fsync(fd) == 0 || errno == EINVAL; /* EINVAL: a file system without it */
    close(fd);
    return ok;
}

bool atomic_file_commit(struct atomic_file *p, struct error *e)
{
    if (!atomic_file_sync(p, e))
        return false;
    if (!rename_part(p))
        return atomic_file_error(e, "make", p->name);
    *p->path = '\0';
    if (sync_folder(p))
        return true;
    return atomic_file_error(e, "keep the folder of", p->name);
}

void atomic_file_discard(struct atomic_file *p)
{
    if (p->fd < 0)
        return;
    if (*p->path)
        unlink(p->path);
    close(p->fd);
    p->fd = -1;
}
