/*
 * The main thread while the server serves: it waits for signals, reloads on SIGHUP, and feeds the
 * service manager's watchdog as long as the event loops and the writer get on.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_SERVE_SUPERVISE_H
#define THIMBLE_SERVE_SUPERVISE_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct ending;
struct notifier;
struct key_watch;
struct reload;
struct server;
struct store;
struct writer;

struct supervisor {
    struct ending *ending;
    const struct notifier *notifier;
    struct reload *reload;
    struct key_watch *keys; /* to be read anew on SIGHUP; NULL: none */
    struct server *server;
    struct store *store;
    struct writer *writer;
    const char *db;             /* its path, for the status */
    int64_t request_timeout_us; /* 0: none */
    int64_t write_timeout_us;   /* 0: as long as its request */
    bool reads_move;            /* a slow read leaves its event loop */
    bool read_only;             /* there are no writes */

    /* supervise.c's own */
    int signal_fd;
    bool reload_again;    /* a SIGHUP came during a reload */
    uint64_t writer_seen; /* see writer_moves */
    int64_t look_us;      /* the next look at the loops and the writer, clock_us; 0: none */
    int64_t well_us;      /* when they last were well */
    bool complained;
};

/* The set of the signal that supervise waits for; to be blocked before the first thread starts. */
void supervise_signals(sigset_t *out);

/*
 * Says that the server is ready, and returns when the end is asked for: by SIGTERM, SIGINT, or SIGHUP
 * when the terminal is gone. False with ERROR_FAILURE if the system has no descriptor left.
 */
bool supervise(struct supervisor *s, struct error *e) __attribute__((warn_unused_result));

#endif
