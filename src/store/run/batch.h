/*
 * A batch of jobs in one transaction: the writer's inner half. Writer's thread only.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_RUN_BATCH_H
#define THIMBLE_STORE_RUN_BATCH_H

#include <stdint.h>

struct db;
struct job;
struct store;

/*
 * Runs the chain of jobs (linked by their completions) in one transaction and commits. Each
 * job's error says its outcome. Returns the time spent in COMMIT in microseconds,
 * -1 if there was nothing to commit.
 */
int64_t batch_run(struct store *store, struct db *db, struct job *first);

#endif
