/*
 * The end of the process: a thread that waits for SIGTERM and SIGINT from the start on, and sees to it
 * that the process is gone half a second after --drain-timeout, whatever it is doing then. At the drain
 * timeout what still runs is stopped; a little later what does not look; and at last the process ends
 * without waiting for anything. What was acknowledged is in the write-ahead log.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_SERVE_ENDING_H
#define THIMBLE_SERVE_ENDING_H

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "store/db/stopping.h"

struct ending {
    struct stopping stopping;
    int64_t drain_us;
    int wake_fd; /* readable when the process is to end: for who waits for that */

    /* ending.c's own. */
    pthread_t thread;
    bool started;
    int signal_fd, nudge_fd;
    _Atomic int number;       /* the signal, 0: none came */
    _Atomic int64_t asked_us; /* when, clock_us */
    _Atomic bool finished;
    _Atomic(const char *) doing;
    unsigned stage; /* the thread's: how far it is */
};

/* Adds the signals of the end, which are to be blocked before the first thread starts. */
void ending_signals(sigset_t *set);

/* Starts the thread. */
bool ending_start(struct ending *ending, int64_t drain_us, struct error *e)
    __attribute__((warn_unused_result));

/* What the process does from now on, in words that fit after "while"; a literal. */
void ending_while(struct ending *ending, const char *doing);

/* The signal that asked for the end, 0: none. */
int ending_number(const struct ending *ending);

/* Asks for the end, as the signal would. */
void ending_ask(struct ending *ending, int number);

/* How long what is in flight may still take, in microseconds, 0 at least. After it was asked for. */
int64_t ending_left_us(const struct ending *ending);

/* Everything is done: ends the thread. Nothing if it never began. */
void ending_finish(struct ending *ending);

#endif
