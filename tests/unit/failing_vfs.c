/* SPDX-License-Identifier: MIT */
#include "failing_vfs.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <sqlite3.h>

struct failing_vfs failing_vfs;

static bool fails(enum vfs_call call)
{
    if (failing_vfs.call != call)
        return false;
    errno = failing_vfs.with;
    return true;
}

struct file {
    sqlite3_file base;
    sqlite3_file *real; /* behind this one */
};

static sqlite3_vfs *system_vfs, vfs;

static sqlite3_file *real(sqlite3_file *f)
{
    return ((struct file *)f)->real;
}

static int file_close(sqlite3_file *f)
{
    return real(f)->pMethods ? real(f)->pMethods->xClose(real(f)) : SQLITE_OK;
}

static int file_read(sqlite3_file *f, void *to, int n, sqlite3_int64 at)
{
    int rc = real(f)->pMethods->xRead(real(f), to, n, at);

    if (fails(CALL_SHORT_READ)) {
        memset(to, 0, (size_t)n);
        return SQLITE_IOERR_SHORT_READ;
    }
    return fails(CALL_READ) ? failing_vfs.as : rc;
}

static int file_write(sqlite3_file *f, const void *from, int n, sqlite3_int64 at)
{
    return fails(CALL_WRITE) ? failing_vfs.as : real(f)->pMethods->xWrite(real(f), from, n, at);
}

static int file_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    return fails(CALL_TRUNCATE) ? failing_vfs.as : real(f)->pMethods->xTruncate(real(f), size);
}

static int file_sync(sqlite3_file *f, int flags)
{
    return fails(CALL_SYNC) ? failing_vfs.as : real(f)->pMethods->xSync(real(f), flags);
}

static int file_size(sqlite3_file *f, sqlite3_int64 *size)
{
    return fails(CALL_SIZE) ? failing_vfs.as : real(f)->pMethods->xFileSize(real(f), size);
}

static int file_lock(sqlite3_file *f, int level)
{
    return fails(CALL_LOCK) ? failing_vfs.as : real(f)->pMethods->xLock(real(f), level);
}

static int file_unlock(sqlite3_file *f, int level)
{
    return real(f)->pMethods->xUnlock(real(f), level);
}

static int file_reserved(sqlite3_file *f, int *out)
{
    return real(f)->pMethods->xCheckReservedLock(real(f), out);
}

static int file_control(sqlite3_file *f, int op, void *arg)
{
    return real(f)->pMethods->xFileControl(real(f), op, arg);
}

static int file_sector(sqlite3_file *f)
{
    return real(f)->pMethods->xSectorSize(real(f));
}

static int file_traits(sqlite3_file *f)
{
    return real(f)->pMethods->xDeviceCharacteristics(real(f));
}

static int shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **out)
{
    if (fails(CALL_SHM_MAP))
        return failing_vfs.as;
    return real(f)->pMethods->xShmMap(real(f), page, size, extend, out);
}

static int shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
    bool taken = (flags & SQLITE_SHM_LOCK) != 0;

    return taken && fails(CALL_SHM_LOCK) ? failing_vfs.as
                                         : real(f)->pMethods->xShmLock(real(f), offset, n, flags);
}

static void shm_barrier(sqlite3_file *f)
{
    real(f)->pMethods->xShmBarrier(real(f));
}

static int shm_unmap(sqlite3_file *f, int delete)
{
    return real(f)->pMethods->xShmUnmap(real(f), delete);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_reserved,
    .xFileControl = file_control,
    .xSectorSize = file_sector,
    .xDeviceCharacteristics = file_traits,
    .xShmMap = shm_map,
    .xShmLock = shm_lock,
    .xShmBarrier = shm_barrier,
    .xShmUnmap = shm_unmap,
};

static int vfs_open(sqlite3_vfs *self, const char *name, sqlite3_file *f, int flags, int *out)
{
    struct file *file = (struct file *)f;
    int rc;
    (void)self;

    file->base.pMethods = NULL;
    if (fails(CALL_OPEN))
        return failing_vfs.as;
    file->real = (sqlite3_file *)(file + 1);
    rc = system_vfs->xOpen(system_vfs, name, file->real, flags, out);
    if (rc == SQLITE_OK)
        file->base.pMethods = &methods;
    return rc;
}

static int vfs_access(sqlite3_vfs *self, const char *name, int flags, int *out)
{
    (void)self;
    return fails(CALL_ACCESS) ? failing_vfs.as : system_vfs->xAccess(system_vfs, name, flags, out);
}

int failing_vfs_register(void)
{
    system_vfs = sqlite3_vfs_find(NULL);
    vfs = *system_vfs;
    vfs.zName = "failing";
    vfs.szOsFile = (int)sizeof(struct file) + system_vfs->szOsFile;
    vfs.xOpen = vfs_open;
    vfs.xAccess = vfs_access;
    return sqlite3_vfs_register(&vfs, 1);
}
