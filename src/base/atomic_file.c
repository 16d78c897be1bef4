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
    return p->replace ||
           error_set(e, ERROR_FAILURE, "%s is there already; --force replaces it", p->name);
}

/* True if the name still leads to the file that is open: another may have committed it. */
static bool is_ours(const struct atomic_file *p)
{
    struct stat here, there;

    return fstat(p->fd, &here) == 0 && stat(p->path, &there) == 0 && here.st_ino == there.st_ino &&
           here.st_dev == there.st_dev;
}

bool atomic_file_open(struct atomic_file *p, const char *name, bool replace, struct error *e)
{
    int n = snprintf(p->name, sizeof p->name, "%s", name);

    *p->path = '\0';
    p->fd = -1;
    p->replace = replace;
    if (n < 1 || snprintf(p->path, sizeof p->path, "%s" ATOMIC_FILE_SUFFIX, name) >= PATH_MAX)
        return error_set(e, ERROR_FAILURE, "\"%.80s\" is not the name of a file", name);
    if (!check_name(p, e))
        return false;
    p->fd = open(p->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (p->fd < 0)
        return atomic_file_error(e, "write", p->path);
    if (flock(p->fd, LOCK_EX | LOCK_NB) != 0 || !is_ours(p)) {
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
    return fsync(p->fd) == 0 || atomic_file_error(e, "write", p->path);
}

/* A name that came up meanwhile is not replaced, where the file system can be told so. */
static bool take_name(const struct atomic_file *p)
{
    if (!p->replace) {
        if (renameat2(AT_FDCWD, p->path, AT_FDCWD, p->name, RENAME_NOREPLACE) == 0)
            return true;
        if (errno != EINVAL && errno != ENOSYS)
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
    char folder[PATH_MAX];
    char *slash;
    bool ok;
    int fd;

    snprintf(folder, sizeof folder, "%s", p->name);
    slash = strrchr(folder, '/');
    if (slash)
        slash[slash == folder] = '\0';
    fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ok = fd >= 0 && (fsync(fd) == 0 || errno == EINVAL); /* EINVAL: a file system without it */
    if (fd >= 0)
        close(fd);
    return ok;
}

bool atomic_file_commit(struct atomic_file *p, struct error *e)
{
    if (!atomic_file_sync(p, e))
        return false;
    if (!take_name(p))
        return atomic_file_error(e, "make", p->name);
    *p->path = '\0';
    return sync_folder(p) || atomic_file_error(e, "keep the folder of", p->name);
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
