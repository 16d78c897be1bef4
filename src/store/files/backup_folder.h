/*
 * A folder of backups of one database: DIR/NAME-YYYYMMDDTHHMMSSZ.db, where NAME is the database's
 * file name without .db and the time is UTC. No other file in it is ever touched, but what a
 * killed process left of one (….db.part). In the caller's memory; one thread.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_FILES_BACKUP_FOLDER_H
#define THIMBLE_STORE_FILES_BACKUP_FOLDER_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "base/error.h"

struct backup_folder {
    const char *dir;           /* borrowed */
    char prefix[NAME_MAX + 1]; /* "NAME-" */
};

/*
 * Names the folder, sees that a file can be written there, and removes left parts of its own.
 * False with one line that says what is wrong with it.
 */
bool backup_folder_open(struct backup_folder *folder, const char *dir, const char *database,
                        struct error *e) __attribute__((warn_unused_result));

/* The file of that time. */
void backup_folder_name(const struct backup_folder *folder, time_t stamp, char out[PATH_MAX]);

/* The time of the newest backup; 0: there is none. */
time_t backup_folder_newest(const struct backup_folder *folder);

/* Deletes the oldest until `keep` are left. */
bool backup_folder_prune(const struct backup_folder *folder, size_t keep, struct error *e)
    __attribute__((warn_unused_result));

#endif
