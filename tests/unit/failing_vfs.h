/*
 * A VFS over the system's, the default from then on: one kind of call fails as a disk's does.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_TESTS_FAILING_VFS_H
#define THIMBLE_TESTS_FAILING_VFS_H

enum vfs_call {
    CALL_NONE,
    CALL_OPEN,
    CALL_ACCESS,
    CALL_READ,
    CALL_SHORT_READ,
    CALL_WRITE,
    CALL_TRUNCATE,
    CALL_SYNC,
    CALL_SIZE,
    CALL_LOCK,
    CALL_SHM_MAP,
    CALL_SHM_LOCK,
};

struct failing_vfs {
    enum vfs_call call; /* …that fails; CALL_NONE: none does */
    int as, with;       /* SQLite's code, the system's */
};
extern struct failing_vfs failing_vfs;

/* Registers it; SQLITE_OK. */
int failing_vfs_register(void);

#endif
