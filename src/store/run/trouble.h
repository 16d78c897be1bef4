/*
 * What keeps the writer from writing: its last failure that lies with the machine or with the
 * files, until a write succeeds. So that readiness does not say "ok" of writes that would fail.
 * The writer's thread notes, any thread asks.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_RUN_TROUBLE_H
#define THIMBLE_STORE_RUN_TROUBLE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct db;
struct db_files;

struct trouble {
    pthread_mutex_t lock;
    struct error cause; /* none: all is well */
    int64_t probed_us;  /* when a probe was asked for last */
    _Atomic bool told;  /* there is a cause: a write that succeeds takes it away */
};

void trouble_init(struct trouble *t);
void trouble_finish(struct trouble *t);

/* True for failures of the machine and the files, which the next write would meet, too. */
bool trouble_is(enum error_code code);

/* The writer's: writes fail for this reason; they succeed. */
void trouble_set(struct trouble *t, const struct error *cause);
void trouble_clear(struct trouble *t);

/* True if all is well, else false with the cause; then `*probe` says whether it is time to look
 * whether it still is so. */
bool trouble_none(struct trouble *t, int64_t now_us, bool *probe, struct error *e);

/* The writer's, in no transaction: a write that changes nothing, committed. What it meets is noted. */
void trouble_probe(struct trouble *t, struct db *db, const struct db_files *files);

#endif
