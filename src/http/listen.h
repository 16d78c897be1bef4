/*
 * Listening sockets from an address as people write it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_HTTP_LISTEN_H
#define THIMBLE_HTTP_LISTEN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct listen {
    int *fds; /* one for each loop; owned */
    size_t count;
    char url[160];         /* what to open: "http://127.0.0.1:8080" or "unix:/run/thimble.sock" */
    char unlink_path[108]; /* the unix socket to remove at the end, or "" */
};

/*
 * Opens `count` sockets on ADDR:PORT, [V6]:PORT, :PORT (every address) or unix:PATH. TCP
 * sockets share the port through SO_REUSEPORT (socket(7)), so that each loop has its own
 * queue; a unix socket is one that all loops accept from. Port 0 takes a free port. False
 * with ERROR_USAGE (not an address) or ERROR_FAILURE (in use, not allowed …), in words
 * that name the mend.
 */
bool listen_open(struct listen *l, const char *address, size_t count, struct error *e)
    __attribute__((warn_unused_result));

/* Would listen_open succeed now? Nothing stays open. The same failures; a unix socket is not
 * looked at. */
bool listen_check(const char *address, struct error *e) __attribute__((warn_unused_result));

/* Gives the unix socket of `l` these permissions; until then only its owner may connect. Nothing
 * to do for TCP. False with ERROR_FAILURE. */
bool listen_set_mode(const struct listen *l, unsigned mode, struct error *e)
    __attribute__((warn_unused_result));

/* Closes what is open and removes the unix socket. */
void listen_close(struct listen *l);

#endif
