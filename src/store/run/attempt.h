/*
 * One job of a batch, once: within the transaction, so that nothing stays of it if it fails. Writer's thread
 * only.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_RUN_ATTEMPT_H
#define THIMBLE_STORE_RUN_ATTEMPT_H

#include <stdbool.h>
#include <stdint.h>

struct batch;
struct job;

/* How a job is run. */
enum way {
    WAY_TRUSTING, /* a single statement without a savepoint */
    WAY_CAREFUL,  /* all in savepoints: the transaction was lost before */
    WAY_ALONE,    /* none: it has the transaction for itself, and is undone with it */
};

/*
 * Runs the job for `share_us` at most (0: as long as its request may take); its error says its outcome,
 * ERROR_OVER_BUDGET when that was not enough. False if the transaction is lost, or holds what the job,
 * which has failed, left behind.
 */
bool attempt(struct batch *batch, struct job *job, enum way way, int64_t share_us);

#endif
