/*
 * --memory: what all may have together, and what follows from it for page caches, bodies, answers and
 * connections.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_SERVE_CEILING_H
#define THIMBLE_SERVE_CEILING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "config/config.h"

/* The settings of these names, as far as --memory lets them go. */
struct ceiling {
    int64_t cache_size, max_body, max_answer;
    size_t max_connections;
};

/* What is counted for a connection: 5 kB if nothing, or one byte, was sent on it; up to 29 kB while a
 * URL and header fields as long as may be are coming. */
#define CEILING_CONNECTION ((size_t)12 << 10)

/* Below this nothing is served. */
#define CEILING_MIN ((int64_t)16 << 20)

/*
 * Sets the process's ceiling (base/memory.h) for `threads` that use SQLite. A setting that was given
 * and does not go together with --memory is made smaller, with a warning that has the numbers. False
 * with ERROR_USAGE if --memory is under CEILING_MIN.
 */
bool ceiling_set(const struct config *config, size_t threads, struct ceiling *out, struct error *e)
    __attribute__((warn_unused_result));

/* Bytes of the longest value that a statement makes on its way: what fits into an answer or a body, with
 * room. More would be memory, and time in one step, for nothing. */
int64_t ceiling_value(const struct config *config);

#endif
