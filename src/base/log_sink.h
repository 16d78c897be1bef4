/*
 * Where log lines go: to stderr, and nobody waits for it. A line that stderr does not take at once (a pipe
 * whose reader is behind) is kept in a ring, from which a thread writes, which alone may wait; when the
 * ring is full, lines are dropped and counted, and "N lines were dropped" stands where they were.
 * stderr may be shared with other processes, so it is not made non-blocking itself.
 * Any thread, but for log_open and log_close. For base/log.c.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_BASE_LOG_SINK_H
#define THIMBLE_BASE_LOG_SINK_H

#include <stddef.h>

/* Writes a line, whole, of at most LOG_LINE_MAX bytes. Before log_open it waits for stderr. */
void log_sink_write(const char *line, size_t len);

#endif
