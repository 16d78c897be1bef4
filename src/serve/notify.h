/*
 * Telling a service manager how we are: the datagrams of sd_notify(3), without its library. All
 * of it does nothing when no manager listens. One thread.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_SERVE_NOTIFY_H
#define THIMBLE_SERVE_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/error.h"

struct notifier {
    int fd; /* -1: nobody listens */
    struct sockaddr_un to;
    socklen_t to_len;
    int64_t watchdog_us; /* how long the manager waits for a WATCHDOG=1; 0: it does not */
};

/*
 * Reads NOTIFY_SOCKET (a path, or @name of the abstract space), WATCHDOG_USEC and WATCHDOG_PID,
 * and removes them from the environment; no other thread may run. A watchdog of another process
 * is none. False with ERROR_USAGE, or ERROR_FAILURE if there is no socket to be had.
 */
bool notify_open(struct notifier *n, struct error *e) __attribute__((warn_unused_result));
void notify_close(struct notifier *n);

/* Sends lines of NAME=value. What the manager does not take within a second is logged and lost. */
void notify_send(const struct notifier *n, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* RELOADING=1 with the clock that Type=notify-reload asks for; a READY=1 ends it. */
void notify_reloading(const struct notifier *n);

#endif
