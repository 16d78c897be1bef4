/*
 * When reads that take long follow each other without a gap, the write-ahead log never starts over
 * (sqlite.org/wal.html §6, "checkpoint starvation"). A log that has become long holds those back that
 * wait, until those that run are done and the writer has started it over. Behind the lane's lock.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_RUN_LOG_PAUSE_H
#define THIMBLE_STORE_RUN_LOG_PAUSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store;

struct log_pause {
    const struct store *store;
    int64_t until_us; /* the gap ends then, at the latest; 0: it has not begun */
    int64_t
        again_us; /* no other before this: a gap was of no use, a reader elsewhere keeps the log */
};

/* Must those that wait go on waiting, while so many run? */
bool log_pause_holds(struct log_pause *pause, size_t running, int64_t now_us);

#endif
