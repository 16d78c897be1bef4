/*
 * A body that is kept in a file until it is whole: written from its beginning to its end, then read as
 * often as is needed. The file is beside the database, whose disk has room, and has no name: nobody sees
 * it, and it is gone with the process, however that ends. One thread at a time.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_FILES_SPOOL_H
#define THIMBLE_STORE_FILES_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

struct spool;

/*
 * An empty one for `max` bytes, in the folder of the file `beside`. False with ERROR_BUSY if the system has
 * no descriptor left, ERROR_UNWRITABLE if the folder lets nobody write, ERROR_MEMORY, ERROR_FULL or ERROR_IO.
 */
bool spool_open(struct spool **out, const char *beside, uint64_t max, struct error *e)
    __attribute__((warn_unused_result));

/*
 * False with ERROR_FULL if the disk has no room for so many bytes now: those who know before how much comes
 * ask before it does. True if that cannot be told.
 */
bool spool_has_room(const struct spool *spool, uint64_t bytes, struct error *e)
    __attribute__((warn_unused_result));

/* Adds bytes at the end. False with ERROR_TOO_LARGE past the maximum, ERROR_FULL or ERROR_IO: it is of no
 * use any more. May wait for the disk. */
bool spool_append(struct spool *spool, const void *bytes, size_t n, struct error *e)
    __attribute__((warn_unused_result));

/* The next read begins at the first byte: before the first, and for each time anew. */
void spool_rewind(struct spool *spool);

/* Reads up to n bytes; 0 only at the end. -1 with ERROR_IO. */
ssize_t spool_read(struct spool *spool, void *to, size_t n, struct error *e);

/* Bytes that were added. */
uint64_t spool_size(const struct spool *spool);

/* Gives its room on the disk back, which takes long for much. Takes NULL. */
void spool_close(struct spool *spool);

#endif
