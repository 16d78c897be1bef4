/*
 * The reads that wait for the reader lane, by the address that sent them: addresses take turns, and
 * none has all threads, nor all of the queue. Behind its owner's lock; private to lane*.c.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_RUN_LANE_QUEUE_H
#define THIMBLE_STORE_RUN_LANE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct completion;
struct lane_job;

/* One address with jobs that wait or run; without either its place is free. */
struct lane_client {
    uint64_t address[2];
    struct completion *first, *last; /* jobs that wait, oldest first */
    size_t waiting, running;
    size_t pieces;            /* of those that wait: with a reader of their own */
    struct lane_client *next; /* whose turn is after this one's, while jobs wait */
};

struct lane_queue {
    size_t max; /* jobs waiting; those with a reader of their own are not counted, which are few */
    size_t max_waiting; /* …of one address */
    size_t max_running; /* jobs of one address that run at once */
    size_t length;      /* jobs waiting now */
    size_t pieces;      /* …with a reader of their own */
    size_t n_clients;   /* places */
    struct lane_client *clients;
    struct lane_client *first, *last; /* those with jobs that wait: whose turn is next, and last */
};

/* For `threads` that take jobs, `max` of which wait, beside those of so many streams. False with
 * ERROR_MEMORY. */
bool lane_queue_init(struct lane_queue *q, size_t max, size_t threads, size_t streams,
                     struct error *e) __attribute__((warn_unused_result));
void lane_queue_finish(struct lane_queue *q);

/* False if the queue, or the address's part of it, is full; *ahead is then how many jobs are. */
bool lane_queue_put(struct lane_queue *q, struct lane_job *job, size_t *ahead)
    __attribute__((warn_unused_result));

/* The job whose turn it is, which runs from now on: lane_queue_done ends it. NULL: there is none that
 * may run now. */
struct lane_job *lane_queue_take(struct lane_queue *q);

/* A job of this client ran to its end; the client is lane_job.client when it was taken. */
void lane_queue_done(struct lane_client *client);

/* Takes out a job that waits; false if it does not. */
bool lane_queue_remove(struct lane_queue *q, struct lane_job *job);

#endif
