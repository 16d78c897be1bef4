/*
 * Temporary files: what SQLite sorts, groups and materializes goes into a file when it outgrows a few
 * megabytes, not into memory. The file is in the folder of the database, which has room and is a
 * disk (an image of one binary has no /tmp, and elsewhere /tmp may be memory), is unlinked as
 * soon as it is open, and gone with the statement. Without a folder that can be written
 * (sqlite3_open_v2 then only reads) it stays memory.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_DB_TEMPORARY_H
#define THIMBLE_STORE_DB_TEMPORARY_H

#include <stdbool.h>

/* Temporary files go into the folder of the first database that this process opens; ":memory:" is none.
 * True if there is one that can be written. Any thread. */
bool temporary_files_beside(const char *path);

#endif
