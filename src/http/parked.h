/*
 * The requests of a loop that wait for their job: in the reader lane, or with the writer. Their
 * connections are suspended in libmicrohttpd, so nobody else looks at them: here is seen when time
 * runs out for one that has not begun, and when the client of a read goes away. One loop's thread.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_HTTP_PARKED_H
#define THIMBLE_HTTP_PARKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct loop;
struct request;

struct parked {
    size_t n;
    struct request *first,
        *last;        /* with a deadline, the soonest first; not those that have begun */
    size_t n_watched; /* clients of reads… */
    int watch_fd;     /* …in this epoll, readable when one goes away */
};

/* False with ERROR_IO if the system has no descriptor left. */
bool parked_init(struct parked *parked, struct error *e) __attribute__((warn_unused_result));
void parked_finish(struct parked *parked);

/* The request's job was submitted: to the lane, else to the writer. */
void parked_add(struct request *request, bool lane);

/* Resumes those whose jobs came back. */
void parked_resume(struct loop *loop);

/* Looks who went away: their reads are taken out of the queue or stopped. */
void parked_watch(struct loop *loop);

/* Takes those out of the queues whose time is nearly up: they are told to come again. */
void parked_expire(struct loop *loop, int64_t now_us);

/* When that is next (clock_us), or 0: never. */
int64_t parked_next_us(const struct parked *parked);

#endif
