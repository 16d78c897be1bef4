/*
 * What a loop counts, and GET /metrics, which adds the loops up. A loop_metrics belongs to its
 * loop's thread (see base/metrics.h); any thread may read it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_HTTP_METRICS_H
#define THIMBLE_HTTP_METRICS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/metrics.h"
#include "http/route.h"
#include "http/stream.h"
#include "http/upload.h"

struct request;

/* Why a request that could be read was not served: metrics.c has the names. */
enum reject {
    REJECT_NONE,
    REJECT_CONNECTIONS,
    REJECT_ADDRESS,
    REJECT_RATE,
    REJECT_URL,
    REJECT_HEADERS,
    REJECT_BODY,
    REJECT_ANSWER,
    REJECT_QUEUE,
    REJECT_DRAINING,
    REJECT_TIMEOUT,
    REJECT_MEMORY,
    REJECT_LOCKED,
    REJECT_DISK_FULL,
    REJECT_READ_ONLY,
    REJECTS,
};

/* Why a connection's requests are refused, or the connection itself. */
enum refusal { REFUSAL_CONNECTIONS, REFUSAL_ADDRESS, REFUSAL_CLOSED, REFUSALS };

/* Why it was not accepted what a request says of who sent it: metrics.c has the names. */
enum auth_failure {
    AUTH_FAILURE_NONE,
    AUTH_FAILURE_MISSING, /* nothing was said, and there is no anonymous role */
    AUTH_FAILURE_TOKEN,   /* not a token, or not signed by anybody known */
    AUTH_FAILURE_CLAIMS,  /* one that holds not now, or not here */
    AUTH_FAILURE_KEY,     /* an API key that is none, or is no longer */
    AUTH_FAILURE_ROLE,    /* of a role that is not there */
    AUTH_FAILURE_SECRET,  /* nothing to verify a token with */
    AUTH_FAILURE_FAR,     /* from beyond --open-to */
    AUTH_FAILURES,
};

#define STATUS_CLASSES 4 /* 2xx to 5xx */

struct loop_metrics {
    struct counter ended, begun; /* requests; the difference is in flight. Read in this order */
    struct counter aborted;
    struct counter answered_again; /* from the kept answers */
    struct counter received, sent; /* bytes */
    struct counter streams[STREAM_ENDS], stream_bytes;
    struct counter accepted, refused[REFUSALS];
    struct counter rejected[REJECTS];
    struct counter uploads[UPLOAD_ENDS];
    struct counter auth_failures[AUTH_FAILURES];
    struct counter requests[ROUTE_KINDS][METHOD_OTHER + 1][STATUS_CLASSES];
    struct histogram durations[ROUTE_KINDS]; /* microseconds */
};

/*
 * Counts a request that ends: `us` after its first line was there, `whole` if its answer was
 * handed to the kernel in full.
 */
void metrics_request(struct loop_metrics *m, const struct request *request, int64_t us, bool whole);

/* A value of the label "reason"; static. */
const char *metrics_reject_name(enum reject reject);

const char *metrics_auth_failure_name(enum auth_failure failure);

/* A value of the label "end"; static. */
const char *metrics_stream_end_name(enum stream_end end);

/* Writes what has become of streams and uploads. */
void metrics_write_transfers(struct buf *out, const struct loop_metrics *m);

/* What the page says of a kind of routes. */
struct metrics_route {
    const char *name;
    unsigned methods; /* METHOD_BITs of those that it has */
};

/* GET /metrics, with `routes` by enum route_kind. The call is a request's. */
enum progress metrics_read(struct call *call, const struct metrics_route routes[ROUTE_KINDS]);

#endif
