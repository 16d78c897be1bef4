/*
 * What the kernel knows of this process, for metrics.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_BASE_PROCESS_H
#define THIMBLE_BASE_PROCESS_H

#include <stdint.h>

/* Each -1 if it cannot be had, as without /proc. */
struct process {
    int64_t cpu_us;           /* user and system time */
    int64_t resident, memory; /* bytes: resident, virtual */
    int64_t open_fds, max_fds;
};

void process_read(struct process *out);

/* When the process began, in microseconds since 1970, or -1. It moves with the wall clock: ask
 * once. */
int64_t process_start_us(void);

#endif
