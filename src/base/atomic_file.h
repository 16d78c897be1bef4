/*
 * A file that is written beside its place as NAME.part and takes its name only when it is whole
 * and on the disk: never half a file under the name. One writer at a time: the part is locked,
 * and what a killed process left of one is taken over. In the caller's memory; one thread.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_BASE_ATOMIC_FILE_H
#define THIMBLE_BASE_ATOMIC_FILE_H

#include <limits.h>
#include <stdbool.h>

#include "base/error.h"

#define ATOMIC_FILE_SUFFIX ".part"

struct atomic_file {
    char path[PATH_MAX]; /* NAME.part */
    char name[PATH_MAX];
    bool replace; /* a file of that name */
    int fd;       /* -1: not open */
};

/*
 * Opens an empty NAME.part, readable by its owner only. A file of that name is refused unless
 * `replace`. False with ERROR_FAILURE, ERROR_BUSY (another process writes it), ERROR_FULL
 * or ERROR_IO, in words for a person; then nothing is open.
 */
bool atomic_file_open(struct atomic_file *part, const char *name, bool replace, struct error *e)
    __attribute__((warn_unused_result));

/* Waits until what is written so far is on the disk. */
bool atomic_file_sync(struct atomic_file *part, struct error *e)
    __attribute__((warn_unused_result));

/*
 * Gives the file its name: on the disk, and the folder too. False if that cannot be, and then
 * atomic_file_discard is still to be called.
 */
bool atomic_file_commit(struct atomic_file *part, struct error *e)
    __attribute__((warn_unused_result));

/* Removes what was written, unless it was committed; closes. For every part that was opened. */
void atomic_file_discard(struct atomic_file *part);

/* ERROR_FULL or ERROR_IO for what errno says; "cannot WHAT PATH: reason". */
bool atomic_file_error(struct error *e, const char *what, const char *path);

#endif
