/*
 * A connection's peer and the time it may take. Each loop keeps its peers on two lists,
 * each ordered by time because all on it wait equally long: those that sent nothing yet
 * or nothing since the last answer, and those in the middle of a request. So a client
 * that drips a byte at a time is found without a timer for each connection.
 * One loop's thread.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_HTTP_CONNECTION_H
#define THIMBLE_HTTP_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>

#include "access/address/address.h"
#include "access/address/limit.h"

enum connection_state {
    CONNECTION_IDLE,      /* between requests */
    CONNECTION_ACTIVE,    /* a request is being received */
    CONNECTION_UPLOADING, /* a body is, that is kept in a file */
    CONNECTION_ANSWERING, /* the answer is being sent */
    CONNECTION_STREAMING, /* …in pieces, which has a time of its own (http/stream.h) */
    CONNECTION_PARKED,    /* its job is with the writer, which has its own deadline */
};

/*
 * libmicrohttpd 1.0.10 takes a short read for the end of what there is and so misses a
 * FIN that came with the last bytes (its epoll is edge-triggered). A peer that still waits
 * for bytes after this long is asked once whether it has closed its side.
 */
#define CONNECTION_CHECK_US 100000

struct connection {
    struct connection *previous, *next;
    enum connection_state state;
    bool is_far;                /* from beyond --open-to */
    enum limit_verdict verdict; /* LIMIT_OK, or why its requests are refused */
    bool trusted;               /* a proxy of --trusted-proxies: it says for whom it asks */
    struct limit_key address;   /* as it is counted; a trusted proxy's is not */
    uint64_t share;             /* whose share its requests take, if nothing else is known */
    struct address from;
    int fd;
    int64_t since_us; /* when it came into this state */
};

struct connection_list {
    struct connection *first, *last; /* oldest first */
    struct connection *unchecked;    /* the first that was not asked for a FIN */
};

struct connections {
    struct connection_list idle, active, uploading;
    int64_t idle_us, active_us, uploading_us; /* how long each may last; 0: for ever */
    int64_t look_us; /* when those of `uploading` are asked again whether they have closed */
};

/* A new connection, idle from now on. */
void connection_add(struct connections *peers, struct connection *peer, int64_t now_us);
void connection_remove(struct connections *peers, struct connection *peer);

/* Moves to a state, or to the same state anew. */
void connection_enter(struct connections *peers, struct connection *peer,
                      enum connection_state state, int64_t now_us);

/*
 * Ends a connection. What the client sent before is still read, and so answered: only nothing more is
 * waited for. One that does not read its answer is cut off both ways.
 */
void connection_shut(const struct connection *peer);

/* Shuts the sockets of those whose time is up or that have closed their side; libmicrohttpd
 * then closes them. */
void connections_expire(struct connections *peers, int64_t now_us);

/* Shuts the sockets of all that are idle: the server is draining. */
void connections_shut_idle(struct connections *peers);

/* When the next one's time is up (clock_us), or 0: never. */
int64_t connections_next_us(const struct connections *peers);

#endif
