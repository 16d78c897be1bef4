/* SPDX-License-Identifier: MIT */
#include "store/files/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "store/db/db_files.h"

struct spool {
    int fd;
    uint64_t size, max;
    uint64_t at; /* where it is read next */
};

static enum error_code code_of(int number)
{
    switch (number) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return ERROR_FULL;
    case EMFILE:
    case ENFILE: return ERROR_BUSY;
    case EACCES:
    case EPERM:
    case EROFS: return ERROR_UNWRITABLE;
    default: return ERROR_IO;
    }
}

static const char *hint_of(enum error_code code)
{
    switch (code) {
    case ERROR_FULL: return "Free space on the disk of the database, or send less at once.";
    case ERROR_BUSY: return "Send the request again in a moment.";
    default: return NULL;
    }
}

/* Always false. */
static bool fail(struct error *e, const char *what, int number)
{
    const char *hint = hint_of(code_of(number));

    error_set(e, code_of(number), "the body cannot be kept beside the database: %s: %s", what,
              strerror(number));
    return hint ? error_hint(e, "%s", hint) : false;
}

/* For file systems that know no file without a name: it has one for a moment. */
static int open_named(const char *folder)
{
    char path[PATH_MAX + 32];
    int fd;

    snprintf(path, sizeof path, "%s/.thimble-upload-XXXXXX", folder);
    fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0)
        unlink(path);
    return fd;
}

static int open_unnamed(const char *folder)
{
    int fd = open(folder, O_TMPFILE | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
    bool is_known = errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT;

    if (fd >= 0 || is_known)
        return fd;
    return open_named(folder);
}

bool spool_open(struct spool **out, const char *beside, uint64_t max, struct error *e)
{
    char folder[PATH_MAX];
    struct spool *s = malloc(sizeof *s);

    if (!s)
        return error_set(e, ERROR_MEMORY, "out of memory");
    db_folder(beside, folder);
    *s = (struct spool){.fd = open_unnamed(folder), .max = max};
    if (s->fd < 0) {
        (void)fail(e, "open", errno);
        free(s);
        return false;
    }
    *out = s;
    return true;
}

bool spool_has_room(const struct spool *s, uint64_t bytes, struct error *e)
{
    struct statvfs disk;

    if (fstatvfs(s->fd, &disk) != 0 || disk.f_frsize == 0)
        return true;
    if (bytes / disk.f_frsize < disk.f_bavail)
        return true;
    return fail(e, "write", ENOSPC);
}

bool spool_append(struct spool *s, const void *bytes, size_t n, struct error *e)
{
    const char *from = bytes;

    if (n > s->max - s->size)
        return error_set(e, ERROR_TOO_LARGE, "the body is over %llu bytes",
                         (unsigned long long)s->max);
    while (n > 0) {
        ssize_t written = pwrite(s->fd, from, n, (off_t)s->size);

        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return fail(e, "write", written < 0 ? errno : ENOSPC);
        from += written;
        n -= (size_t)written;
        s->size += (uint64_t)written;
    }
    return true;
}

void spool_rewind(struct spool *s)
{
    s->at = 0;
}

ssize_t spool_read(struct spool *s, void *to, size_t n, struct error *e)
{
    ssize_t got;

    do
        got = pread(s->fd, to, n, (off_t)s->at);
    while (got < 0 && errno == EINTR);
    if (got < 0) {
        (void)fail(e, "read", errno);
        return -1;
    }
    s->at += (uint64_t)got;
    return got;
}

uint64_t spool_size(const struct spool *s)
{
    return s->size;
}

void spool_close(struct spool *s)
{
    if (!s)
        return;
    close(s->fd);
    free(s);
}
