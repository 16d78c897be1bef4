/*
 * Sockets that a service manager opened and passed: sd_listen_fds(3), without its library.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_HTTP_INHERIT_H
#define THIMBLE_HTTP_INHERIT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct listen;

/* As many sockets may be passed. */
#define INHERIT_MAX 64

struct inherited {
    int fds[INHERIT_MAX]; /* owned */
    size_t count;         /* 0: none were passed */
};

/*
 * Takes the sockets that LISTEN_PID and LISTEN_FDS tell of, and removes these variables from the
 * environment; no other thread may run. Variables that are meant for another process are as none.
 * False with ERROR_USAGE if a value is no number, or ERROR_FAILURE if a descriptor is not a
 * listening stream socket of TCP or Unix.
 */
bool inherit_take(struct inherited *in, struct error *e) __attribute__((warn_unused_result));
void inherit_close(struct inherited *in);

/*
 * A descriptor for each of `count` loops, which take turns among the sockets: `count` must not be
 * lower than theirs. Loops that share one socket share its queue, since SO_REUSEPORT cannot be
 * had after bind. `in` keeps its own. False with ERROR_FAILURE or ERROR_MEMORY.
 */
bool inherit_listen(const struct inherited *in, struct listen *l, size_t count, struct error *e)
    __attribute__((warn_unused_result));

#endif
