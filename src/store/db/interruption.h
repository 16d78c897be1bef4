/*
 * Why a statement of a connection is to stop before its end. Looked at from within SQLite's virtual
 * machine, while it waits for another process's lock, and by our own SQL functions, which SQLite
 * does not stop on their way.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_DB_INTERRUPTION_H
#define THIMBLE_STORE_DB_INTERRUPTION_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct sqlite3;

enum interruption {
    INTERRUPTION_NONE,
    INTERRUPTION_STOPPING,  /* the process ends: ERROR_DRAINING */
    INTERRUPTION_CANCELLED, /* nobody waits for the answer any more: ERROR_CANCELLED */
    INTERRUPTION_DEADLINE,  /* the request's time is up: ERROR_TIMEOUT */
    INTERRUPTION_BUDGET,    /* its time in this place is up: ERROR_OVER_BUDGET */
};

/* One for each connection, whose thread alone changes it; the flags are anybody's. */
struct interruptions {
    int64_t deadline_us, budget_us; /* clock_us, 0: none */
    int graces;                     /* that the budget has had */
    const _Atomic bool *cancelled;  /* NULL: cannot be */
    const _Atomic bool *stopping;   /* NULL: does not */
    bool looking_away;              /* nothing stops what runs now */
    int busy_ms;                    /* how long another process's lock is waited for */
    int64_t waiting_since_us;       /* …this time */
    enum interruption seen;         /* what ended the last statement that was ended */
};

/* Makes the connection look. `it` outlives the connection. */
void interruptions_watch(struct interruptions *it, struct sqlite3 *handle);

/* What is to stop the statement that runs now; it is remembered. */
enum interruption interruptions_look(struct interruptions *it);

/* A statement has ended with SQLITE_INTERRUPT or, after a wait for a lock, with SQLITE_BUSY. True if
 * that was our doing: then it is recorded as an error, and forgotten. */
bool interruptions_tell(struct interruptions *it, struct error *e);

#endif
