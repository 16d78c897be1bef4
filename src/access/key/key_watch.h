/*
 * Keys that change while they are in use: a thread looks at the file of --jwks once a second, and
 * fetches those of --jwks-url again and again. What is broken leaves in force what was, and is said once.
 * Without a file or an address there is no thread.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_ACCESS_KEY_KEY_WATCH_H
#define THIMBLE_ACCESS_KEY_KEY_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "access/key/key_ring.h"
#include "access/key/key_sources.h"
#include "base/error.h"

struct key_watch_options {
    struct key_sources
        sources;     /* borrowed: texts outlive the watch; nothing fetched, nothing of our own */
    const char *url; /* --jwks-url; "": none */
    int64_t interval_us; /* between two fetches */
};

struct key_watch;

/*
 * Reads the sources and puts their keys into the ring; what is fetched comes when it comes. NULL with
 * ERROR_USAGE, which names the flag.
 */
struct key_watch *key_watch_start(const struct key_watch_options *options, struct key_ring *ring,
                                  struct error *e);
void key_watch_stop(struct key_watch *watch); /* takes NULL */

/* SIGHUP: reads and fetches anew, soon. Takes NULL. */
void key_watch_reread(struct key_watch *watch);

/* From now on also what our own tokens are signed with; the texts are copied. False with ERROR_FAILURE. */
bool key_watch_own(struct key_watch *watch, struct slice secret, struct slice kid, struct error *e)
    __attribute__((warn_unused_result));

#endif
