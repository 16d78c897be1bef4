/*
 * One event loop: a thread that owns its listening socket, its libmicrohttpd daemon, its
 * reader, its completion queue and its requests. Nothing of it is touched by another thread but
 * the completion queue (finished jobs, nudges) and `draining`; its counters are read by others.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_HTTP_LOOP_H
#define THIMBLE_HTTP_LOOP_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "access/authenticate.h"
#include "base/buf.h"
#include "base/completion_queue.h"
#include "base/error.h"
#include "http/budget.h"
#include "http/connection.h"
#include "http/hosts.h"
#include "http/metrics.h"
#include "http/parked.h"
#include "http/response_cache.h"
#include "http/server.h"
#include "http/stream.h"
#include "resource/plan_cache.h"

struct MHD_Daemon;
struct MHD_Response;
struct reader;
struct rate_limit;
struct request;
struct uploads;

/* All loops, for the metrics; it does not change once they turn. */
struct loops {
    const struct loop *first; /* those of the main listener, then the operators' */
    size_t n;
    int64_t process_start_us; /* since 1970; -1: not known */
    uint64_t seed;            /* of hashes that all loops share, not to be guessed */
};

/* A loop of which no request ended for so long gives back the memory that it keeps for the next. */
#define LOOP_REST_US 1000000

/* The answer to the probe that is asked for most, which is always the same: kept whatever --answer-cache
 * says. */
struct constant_answer {
    struct MHD_Response *response; /* one reference; NULL: nobody asked yet */
    const struct route *route;
    struct slice target;
    size_t body; /* bytes of its body */
};

struct loop {
    const struct server_options *options;
    const struct service *service;
    struct limit *limit;      /* of all loops */
    struct rate_limit *rates; /* the same; NULL: there is none */
    struct uploads *uploads;  /* the same */
    const _Atomic bool *draining;
    pthread_t thread;
    const struct loops *all; /* this one among them */
    bool admin;              /* the operators' listener */
    enum hosts_rule hosts;   /* where Host is looked at */

    struct MHD_Daemon *daemon;
    int daemon_fd; /* its epoll descriptor */
    struct reader *reader;
    struct completion_queue completions;
    struct connections peers;
    struct response_cache cache;
    struct plan_cache plans;
    struct constant_answer constant;
    struct request *spare; /* requests to use again */
    size_t n_spare;
    size_t in_flight; /* requests received or being received, not answered yet */
    struct authenticator authenticator;
    struct parked parked;    /* those whose job is with the lane or the writer */
    struct streams streams;  /* answers that are sent in pieces */
    struct budget budget;    /* of a read */
    uint64_t id_seed;        /* for request ids */
    int64_t now_us;          /* when it last woke, or a request ended, or its turn did */
    int64_t rest_us;         /* if no request ends until then, memory goes back; 0: it has gone */
    int64_t forget_us;       /* while it is busy, what nobody asks for is looked at then */
    bool quiet;              /* draining has been acted upon */
    _Atomic int64_t stop_us; /* draining: cut off what is left at this instant; 0: not draining */
    _Atomic bool ended;      /* the thread is through */
    struct loop_metrics metrics;
    struct buf fields;      /* of the answer that is being made (http/fields.h) */
    char fields_text[1024]; /* …its memory */
    char host[64]; /* what hosts_check found well last, and its length; longer ones are not kept */
    size_t host_len;
    _Atomic unsigned asked, answered; /* loop_ask, and what the loop says to it */
};

/* Room in a connection's memory pool beyond the URL and the header section: libmicrohttpd's
 * records of the fields and the response's header section. */
#define LOOP_POOL_EXTRA 8192

/* Bytes of a connection's pool, in which it is received: no more of a body comes at once. */
static inline size_t loop_pool_size(const struct server_options *options)
{
    return options->max_url + options->max_headers + LOOP_POOL_EXTRA;
}

/* Opens what the loop needs; listen_fd becomes the daemon's. The loop is zeroed before. */
bool loop_open(struct loop *loop, int listen_fd, const struct server_options *options,
               const struct service *service, struct limit *limit, const _Atomic bool *draining,
               struct error *e) __attribute__((warn_unused_result));

/* Starts the thread. */
bool loop_start(struct loop *loop, struct error *e) __attribute__((warn_unused_result));

/* Any thread: begin draining, cut off what is left at `stop_us` (clock_us). */
void loop_drain(struct loop *loop, int64_t stop_us);

/* When libmicrohttpd closes a connection that is silent, in its seconds; 0: never. */
static inline unsigned loop_idle_seconds(const struct server_options *options)
{
    return (unsigned)((options->idle_timeout_us + 999999) / 1000000);
}

/* Any one thread: asks whether the loop turns, and wakes it to say so; loop_turns: it has. */
void loop_ask(struct loop *loop);
bool loop_turns(const struct loop *loop);

/* The loop's own: it turns. */
static inline void loop_answer(struct loop *loop)
{
    unsigned asked = atomic_load_explicit(&loop->asked, memory_order_relaxed);

    if (asked != atomic_load_explicit(&loop->answered, memory_order_relaxed))
        atomic_store_explicit(&loop->answered, asked, memory_order_relaxed);
}

/* Closes everything after the thread has ended (or was never started). */
void loop_close(struct loop *loop);

#endif
