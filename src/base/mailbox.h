/*
 * Finished work on its way from one thread to the thread that waits for it: an
 * intrusive list behind a mutex, and an eventfd that wakes the owner once for any
 * number of letters. Many senders, one receiver.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_BASE_MAILBOX_H
#define THIMBLE_BASE_MAILBOX_H

#include <pthread.h>
#include <stdbool.h>

#include "base/error.h"

struct letter {
    struct letter *next;
};

struct mailbox {
    pthread_mutex_t lock;
    struct letter *first; /* oldest first */
    struct letter *last;
    int wake_fd; /* an eventfd, readable when letters or a nudge have come */
};

/* Opens the eventfd. False with ERROR_IO if the system has none left. */
bool mailbox_init(struct mailbox *m, struct error *e) __attribute__((warn_unused_result));
/* Closes it. Letters still inside are the sender's. */
void mailbox_finish(struct mailbox *m);

/* Appends the chain first…last (linked by next) and wakes the receiver if the box was empty. */
void mailbox_post(struct mailbox *m, struct letter *first, struct letter *last);
/* Wakes the receiver with nothing in the box. Async-signal-safe. */
void mailbox_nudge(struct mailbox *m);
/* Receiver: empties the box and the eventfd; returns the chain, oldest first, or NULL. */
struct letter *mailbox_take(struct mailbox *m);

#endif
