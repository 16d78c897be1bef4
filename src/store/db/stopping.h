/*
 * The end of the process, as its connections meet it: first what runs is stopped at its next look
 * (interruption.h), then what does not look, as a checkpoint, is interrupted from outside. Any thread.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_DB_STOPPING_H
#define THIMBLE_STORE_DB_STOPPING_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct db;

/* Connections that may be interrupted: the writer's and the checkpoints'. */
#define STOPPING_WATCHED 4

struct stopping {
    _Atomic bool raised; /* db_options.stopping points here */
    _Atomic bool over;   /* there is no time for anything */
    pthread_mutex_t lock;
    struct db *watched[STOPPING_WATCHED]; /* under lock; NULL: a free place */
};

void stopping_init(struct stopping *s);
void stopping_finish(struct stopping *s);

/* What runs on a connection that knows of it is to stop. */
void stopping_raise(struct stopping *s);

/* …and what does not look: interrupts the connections that are watched. */
void stopping_interrupt(struct stopping *s);

/* Whether that was said. Takes NULL. */
bool stopping_is_over(const struct stopping *s);

/* The connection may be interrupted from now on; no more, before it is closed. Both take NULLs. */
void stopping_watch(struct stopping *s, struct db *db);
void stopping_forget(struct stopping *s, struct db *db);

#endif
