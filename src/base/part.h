/*
 * A file that is written beside its place as NAME.part and takes its name only when it is whole
 * and on the disk: never half a file under the name. One writer at a time: the part is locked,
 * and what a killed process left of one is taken over. In the caller's memory; one thread.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_BASE_PART_H
#define THIMBLE_BASE_PART_H

#include <limits.h>
#include <stdbool.h>

#include "base/error.h"

#define PART_SUFFIX ".part"

struct part {
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
bool part_open(struct part *part, const char *name, bool replace, struct error *e)
    __attribute__((warn_unused_result));

/* Waits until what is written so far is on the disk. */
bool part_sync(struct part *part, struct error *e) __attribute__((warn_unused_result));

/*
 * Gives the file its name: on the disk, and the folder too. False if that cannot be, and then
 * part_discard is still to be called.
 */
bool part_commit(struct part *part, struct error *e) __attribute__((warn_unused_result));

/* Removes what was written, unless it was committed; closes. For every part that was opened. */
void part_discard(struct part *part);

/* ERROR_FULL or ERROR_IO for what errno says; "cannot WHAT PATH: reason". */
bool part_error(struct error *e, const char *what, const char *path);

#endif
