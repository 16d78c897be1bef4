/*
 * Finished work on its way from one thread to the thread that waits for it: an
 * intrusive list behind a mutex, and an eventfd that wakes the owner once for any
 * number of completions. Many senders, one receiver.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_BASE_COMPLETION_QUEUE_H
#define THIMBLE_BASE_COMPLETION_QUEUE_H

#include <pthread.h>
#include <stdbool.h>

#include "base/error.h"

struct completion {
    struct completion *next;
    unsigned kind; /* the receiver's: what it is a part of */
};

struct completion_queue {
    pthread_mutex_t lock;
    struct completion *first; /* oldest first */
    struct completion *last;
    int wake_fd; /* an eventfd, readable when completions or a nudge have come */
};

/* Opens the eventfd. False with ERROR_IO if the system has none left. */
bool completion_queue_init(struct completion_queue *m, struct error *e)
    __attribute__((warn_unused_result));
/* Closes it. What is still inside is the sender's. */
void completion_queue_finish(struct completion_queue *m);

/* Appends the chain first…last (linked by next) and wakes the receiver if the box was empty. */
void completion_queue_post(struct completion_queue *m, struct completion *first,
                           struct completion *last);
/* Wakes the receiver with nothing in the box. Async-signal-safe. */
void completion_queue_nudge(struct completion_queue *m);
/* Receiver: empties the box and the eventfd; returns the chain, oldest first, or NULL. */
struct completion *completion_queue_take(struct completion_queue *m);

#endif
