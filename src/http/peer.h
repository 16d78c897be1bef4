/*
 * A connection's peer and the time it may take. Each loop keeps its peers on two lists,
 * each ordered by time because all on it wait equally long: those that sent nothing yet
 * or nothing since the last answer, and those in the middle of a request. So a client
 * that drips a byte at a time is found without a timer for each connection.
 * One loop's thread.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_HTTP_PEER_H
#define THIMBLE_HTTP_PEER_H

#include <stdint.h>

#include "access/limit.h"

enum peer_state {
    PEER_IDLE,      /* between requests */
    PEER_ACTIVE,    /* a request is being received */
    PEER_ANSWERING, /* the answer is being sent */
    PEER_PARKED,    /* its job is with the writer, which has its own deadline */
};

/*
 * libmicrohttpd 1.0.10 takes a short read for the end of what there is and so misses a
 * FIN that came with the last bytes (its epoll is edge-triggered). A peer that still waits
 * for bytes after this long is asked once whether it has closed its side.
 */
#define PEER_CHECK_US 100000

struct peer {
    struct peer *previous, *next;
    enum peer_state state;
    enum limit_verdict verdict; /* LIMIT_OK, or why its requests are refused */
    struct limit_key address;
    int fd;
    int64_t since_us; /* when it came into this state */
};

struct peer_list {
    struct peer *first, *last; /* oldest first */
    struct peer *unchecked;    /* the first that was not asked for a FIN */
};

struct peers {
    struct peer_list idle, active;
    int64_t idle_us, active_us; /* how long each may last; 0: for ever */
};

/* A new connection, idle from now on. */
void peer_add(struct peers *peers, struct peer *peer, int64_t now_us);
void peer_remove(struct peers *peers, struct peer *peer);

/* Moves to a state, or to the same state anew. */
void peer_enter(struct peers *peers, struct peer *peer, enum peer_state state, int64_t now_us);

/* Shuts the sockets of those whose time is up or that have closed their side; libmicrohttpd
 * then closes them. */
void peers_expire(struct peers *peers, int64_t now_us);

/* Shuts the sockets of all that are idle: the server is draining. */
void peers_shut_idle(struct peers *peers);

/* When the next one's time is up (clock_us), or 0: never. */
int64_t peers_next_us(const struct peers *peers);

#endif
