/*
 * What the machine, or the sandbox, lets a server have.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_SERVE_MACHINE_H
#define THIMBLE_SERVE_MACHINE_H

#include <stddef.h>
#include <stdint.h>

/* Processors that this process may run on, at least 1. */
size_t machine_processors(void);

/* Connections need descriptors: raises the limit of open files as far as it goes, and returns
 * `wanted`, or how many connections fit beside so many streams, with a warning in the log. */
size_t machine_connections(size_t wanted, size_t streams);

/* Bytes of memory that the container may have (memory.max of cgroup v2, memory.limit_in_bytes of v1,
 * the least of all levels); 0: no limit is known. */
int64_t machine_memory(void);

#endif
