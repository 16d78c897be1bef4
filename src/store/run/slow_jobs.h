/*
 * Writes that are known to take long, while they wait: each address that has some has its turn, one job
 * at a time. And which shapes of statements they are, so that the next of the same is known.
 * Under the lock of the queue that it is part of.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_RUN_SLOW_JOBS_H
#define THIMBLE_STORE_RUN_SLOW_JOBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/run/job_list.h"

/* A job that takes this long, in microseconds, is slow; one that takes half of it is so no more. */
#define SLOW_JOB_US ((int64_t)100000)

/* Shapes that are remembered; of two that meet in one place the later stays. */
#define SLOW_SHAPES 64

/* The jobs of one address. */
struct slow_flow {
    uint64_t address;
    struct job_list jobs;
};

struct slow_jobs {
    size_t max, length;      /* jobs */
    struct slow_flow *flows; /* room for `max`, the next in turn is the first */
    size_t n_flows;
    uint64_t shapes[SLOW_SHAPES]; /* hashes, 0: none */
    size_t n_shapes;
};

/* False without memory. */
bool slow_jobs_init(struct slow_jobs *s, size_t max) __attribute__((warn_unused_result));
void slow_jobs_finish(struct slow_jobs *s);

/*
 * Puts the job at the end of its address's. When there is no room, the address that has the most gives up
 * its youngest: the job that does so is returned, `job` itself if it is one of those; else NULL.
 */
struct job *slow_jobs_put(struct slow_jobs *s, struct job *job) __attribute__((warn_unused_result));

/* The oldest of the address whose turn it is, taken out; NULL: none waits. */
struct job *slow_jobs_take(struct slow_jobs *s);

/* Of this address, how many wait? */
size_t slow_jobs_of(const struct slow_jobs *s, uint64_t address);

/* Takes out one that waits. */
void slow_jobs_remove(struct slow_jobs *s, struct job *job);

/* Jobs of this shape are slow; are not, or not any more. A job without a shape is of none. */
void slow_jobs_remember(struct slow_jobs *s, const struct job *job);
void slow_jobs_forgive(struct slow_jobs *s, const struct job *job);

/* Is it of a shape that is slow? Costs nothing while none is known. */
bool slow_jobs_know(const struct slow_jobs *s, const struct job *job);

#endif
