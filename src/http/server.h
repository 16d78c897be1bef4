/*
 * The server: a fixed number of event loops, each a thread with its own listening
 * socket, libmicrohttpd daemon, reader and completion queue. Started and stopped by one thread.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_HTTP_SERVER_H
#define THIMBLE_HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "access/address/nearness.h"
#include "access/token/token_gate.h"
#include "base/error.h"
#include "resource/call.h"

struct inherited;
struct networks;
struct rate_rules;
struct server;

struct server_options {
    const char *listen;                /* see listen.h */
    const struct inherited *inherited; /* sockets instead of `listen` (inherit.h), or NULL */
    unsigned socket_mode;              /* permissions of a unix socket that `listen` makes */
    const char *metrics_listen;        /* the operators' listener, "": none */
    size_t max_metrics_connections;
    size_t loops;           /* event loops, at least 1 */
    size_t max_connections; /* more are answered 503 */
    size_t max_per_address; /* more from one address are answered 429; 0: no limit */
    const struct networks *trusted_proxies; /* who says for whom it asks */
    const struct rate_rules *rates;         /* NULL: none */
    size_t rate_clients;                    /* whose requests are counted at a time */
    size_t max_url;                         /* bytes of the request target */
    size_t max_headers;                     /* bytes of the header section */
    size_t max_body;                        /* bytes of a body in memory */
    size_t max_uploads;                     /* larger ones at a time (upload.h) */
    const char *database;                   /* beside which these are kept */
    int64_t idle_timeout_us;                /* a connection between requests; 0: for ever */
    int64_t request_timeout_us; /* receiving a request, or sending its answer; 0: for ever */
    int64_t stream_timeout_us;  /* reading an answer that is sent in pieces; 0: for ever */
    int64_t loop_budget_us;     /* a read on its loop, before it goes on in the lane; 0: no limit */
    bool all_move;              /* all reads go there */
    size_t answer_cache;        /* bytes of answers kept to be given again, by all loops */
    size_t plan_cache;          /* plans that each loop keeps */
    int64_t slow_us;            /* requests that take this long are logged; 0: none */
    bool access_log;            /* log every request */
    enum nearness open_to;      /* without access files: who is answered */
    const char *anonymous;      /* the role of those who send no credentials, "": there is none */
    struct token_gate_options tokens;
    const char *cors_origins;  /* see cors.h */
    const char *allowed_hosts; /* see hosts.h */
    bool server_timing;        /* answers say how long they took */
};

/*
 * Opens the sockets and starts the loops. The service is shared by all calls and
 * outlives the server; its `draining` must point to a flag that server_stop sets.
 * NULL with ERROR_USAGE or ERROR_FAILURE in words for a person.
 */
struct server *server_start(const struct server_options *options, const struct service *service,
                            _Atomic bool *draining, struct error *e);

/* Where it listens, e.g. "http://127.0.0.1:8080"; the operators' listener, or "". */
const char *server_url(const struct server *server);
const char *server_metrics_url(const struct server *server);

/* Can the main listener be reached from other machines? Not on loopback addresses or a unix socket. */
bool server_is_reachable(const struct server *server);

/*
 * For a watchdog: true if every loop has turned since the call before, and asks them anew;
 * false while one has not, and then `*stuck` is its number from 1. One thread.
 */
bool server_turns(struct server *server, size_t *stuck);

/*
 * Stops: readiness goes false, the sockets close, idle connections are shut, requests in
 * flight are answered, at most for `drain_us`; the operators' listener answers until that is
 * done. Returns false if some were cut off. Frees
 * the server. The writer must still be running.
 */
bool server_stop(struct server *server, int64_t drain_us);

#endif
