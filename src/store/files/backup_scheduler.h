/*
 * The thread that makes backups while the database is served: at an interval, and when asked to.
 * It keeps the newest of them. A failure is logged, and harms nothing but that backup.
 * backup_scheduler_submit: any thread; the rest: the thread that started it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_FILES_BACKUP_SCHEDULER_H
#define THIMBLE_STORE_FILES_BACKUP_SCHEDULER_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "store/files/backup.h"

struct db_options;
struct job;
struct backup_scheduler;

struct backup_scheduler_options {
    const char *database;
    const struct db_options *db;
    const char *dir;     /* see backup_folder.h */
    int64_t interval_us; /* 0: only when asked to */
    int64_t timeout_us;  /* see backup.h */
    size_t keep;         /* at least 1 */
};

struct backup_scheduler_made {
    struct backup_made made;
    char file[PATH_MAX];
};

/*
 * Starts the thread. The first backup of the interval is due one interval after the newest in the
 * folder, at once if there is none. What the options point to outlives the scheduler. NULL with the
 * reason, in words for a person.
 */
struct backup_scheduler *backup_scheduler_start(const struct backup_scheduler_options *options,
                                                struct error *e);

/*
 * Makes a backup now. The job comes back by its completion queue, `run` is not called; *out, which the job's
 * owner keeps until then, says what was made unless job->error does. False, with job->error set to
 * ERROR_RUNNING or ERROR_DRAINING, if it was not taken.
 */
bool backup_scheduler_submit(struct backup_scheduler *scheduler, struct job *job,
                             struct backup_scheduler_made *out) __attribute__((warn_unused_result));

/* Breaks off what is running, hands back what is waiting, and waits for neither. Takes NULL. */
void backup_scheduler_break(struct backup_scheduler *scheduler);

/* The same, and ends the thread. Takes NULL. */
void backup_scheduler_stop(struct backup_scheduler *scheduler);

/* After backup_scheduler_stop, when nobody can submit any more. Takes NULL. */
void backup_scheduler_free(struct backup_scheduler *scheduler);

#endif
