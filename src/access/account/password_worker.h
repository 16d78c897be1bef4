/*
 * The thread that makes and compares hashes of passwords, one at a time, for the event loops: so they
 * take one processor at most, and their memory once. What waits is bounded, half of it for one address.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_ACCESS_ACCOUNT_PASSWORD_WORKER_H
#define THIMBLE_ACCESS_ACCOUNT_PASSWORD_WORKER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "access/account/password.h"
#include "base/error.h"
#include "base/slice.h"

struct job;
struct password_worker;

struct password_work {
    struct slice password; /* lives until the job is back */
    bool compares;         /* with `phc`; else `phc` is made */
    char phc[PASSWORD_PHC_SIZE];

    bool matches; /* the outcome of comparing */
};

/* Starts the thread, for which `queue` may wait. When *stopping is raised, what waits is handed back with
 * ERROR_DRAINING. NULL with an error. */
struct password_worker *password_worker_start(size_t queue, const _Atomic bool *stopping,
                                              struct error *e);

/*
 * The work goes to the thread, and the job comes back through its completion queue (store/run/writer.h),
 * with its error set if it could not be done. False with ERROR_TOO_MANY or ERROR_DRAINING in
 * job->error: it was not taken.
 */
bool password_worker_submit(struct password_worker *w, struct job *job, struct password_work *work)
    __attribute__((warn_unused_result));

/* How many wait, the one at hand among them. Any thread. */
size_t password_worker_waiting(struct password_worker *w);

/* Does what waits, and ends. Takes NULL. */
void password_worker_stop(struct password_worker *w);

#endif
