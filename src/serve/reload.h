/*
 * Reloading while serving: new migrations are applied by the writer between two batches, and the
 * named queries and the access files are read anew; reads go on, writes wait. What fails leaves in force
 * what was.
 * The owner's thread but for reload_is_current.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_SERVE_RELOAD_H
#define THIMBLE_SERVE_RELOAD_H

#include <pthread.h>
#include <stdbool.h>

#include "base/completion_queue.h"
#include "config/config.h"
#include "sources/migrations.h"
#include "store/run/writer.h"
#include "store/store.h"

struct db;

struct reload {
    struct job job;     /* first member: the completion queue hands it back */
    struct error error; /* the job's */
    const struct config *config;
    struct store *store;
    struct writer *writer;
    struct completion_queue
        completions;              /* where the job comes back to: its wake_fd is to be polled */
    bool running;                 /* from reload_begin to reload_end */
    size_t applied;               /* migrations, by this one */
    bool migrated;                /* it came as far as the queries and access files */
    struct store_sources sources; /* that are read */

    pthread_mutex_t lock; /* guards what follows */
    struct migrations current, next;
    bool changing; /* `next` is being applied */
};

/* `current` is what was applied at the start; it is the reload's from here. False: no completion queue. */
bool reload_init(struct reload *r, const struct config *config, struct store *store,
                 struct writer *writer, struct migrations *current, struct error *e)
    __attribute__((warn_unused_result));
/* After the writer has stopped. */
void reload_finish(struct reload *r);

/*
 * Reads the folders and gives the work to the writer; when it is done the completion queue wakes the
 * owner, who calls reload_end. False with the reason: then nothing is under way or was changed.
 */
bool reload_begin(struct reload *r, struct error *e) __attribute__((warn_unused_result));

/* Puts in force what was done, and says in the log what that is. False with the reason if all of
 * it or a part could not be done. */
bool reload_end(struct reload *r, struct error *e) __attribute__((warn_unused_result));

/* For readiness, any thread: does `db` have all the migrations, or those on their way? */
bool reload_is_current(struct reload *r, struct db *db, struct error *e)
    __attribute__((warn_unused_result));

/* One line in the log: a migration was applied. For migrate_up. */
void reload_log_applied(void *context, const struct migration *m, int64_t us);

#endif
