/*
 * A request in libmicrohttpd's hands: the call, and what HTTP needs around it. Taken from
 * the loop when the request line is there, given back when the answer is sent. The
 * callbacks here are the daemon's.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_HTTP_REQUEST_H
#define THIMBLE_HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <microhttpd.h>

#include "access/authenticate.h"
#include "access/address/forwarded.h"
#include "access/address/rate_limit.h"
#include "base/arena.h"
#include "base/slice.h"
#include "http/stream.h"
#include "http/upload.h"
#include "resource/call.h"

struct loop;
struct connection;
struct route;
struct upload_body;

#define REQUEST_ID_MAX 64

enum request_phase {
    REQUEST_HEADERS,  /* the handler has not been called yet */
    REQUEST_BODY,     /* the body is arriving */
    REQUEST_KEEPING,  /* suspended: a part of it is being written to its file */
    REQUEST_WAITING,  /* suspended: the job is with the writer */
    REQUEST_RETURNED, /* the job came back */
    REQUEST_IN_LANE,  /* suspended: the call is with the reader lane */
    REQUEST_READ,     /* it came back */
    REQUEST_ANSWERED, /* a response is queued */
};

/* What a trusted proxy says (http/client.h). */
struct hops {
    struct forwarded standard, customary; /* Forwarded, X-Forwarded-For */
    struct address client;
};

struct request {
    struct call call; /* first: the completion queue brings calls back */
    struct loop *loop;
    struct connection *peer;      /* never NULL: a connection without one has no requests */
    const struct address *client; /* who asks: the peer, or whom a trusted proxy names; kind
                                     ADDRESS_UNKNOWN: that cannot be told of what it says */
    bool is_far;                  /* the client is from beyond --open-to */
    struct hops hops;             /* of a trusted proxy's request */
    struct MHD_Connection *connection;
    struct request *next; /* on the loop's list of spare ones */
    enum request_phase phase;
    const struct route *route; /* NULL: none was found, or none was looked for */
    const char *protocol;      /* "HTTP/1.1" … */
    struct slice target;       /* the request target as received, in the call's arena */
    struct slice traceparent;  /* W3C Trace Context, as received */
    struct slice host;         /* who was asked: Host, or what the target says */
    struct slice origin;       /* Origin, as received */
    struct slice fetch_site;   /* Sec-Fetch-Site */
    struct credentials credentials;
    struct rate_quota quota;    /* what is left to the client */
    struct principal principal; /* with access files: who asks */
    bool plain;                 /* no field but Accept has a say in the answer */
    bool asks_method;           /* Access-Control-Request-Method is there */
    struct slice asked_headers; /* Access-Control-Request-Headers */
    struct slice coding;        /* Content-Encoding of the body */
    int64_t announced;          /* Content-Length; -1: none */
    size_t header_bytes;
    size_t body_seen;            /* bytes of body received, kept or not */
    struct upload_body *upload;  /* of a body past --max-body, until it is answered, or NULL */
    bool is_upload;              /* it is such a body, kept or not */
    char id[REQUEST_ID_MAX + 1]; /* X-Request-Id: taken, or made when it is needed */
    bool id_given;
    bool head_failed;    /* call.error was set by the header section: answer it */
    unsigned status;     /* of the answer, 0 before */
    size_t answer_bytes; /* its body */

    /* A read that goes on in the lane (http/moved.h). */
    int64_t begun_us;        /* its verb, as near as is known */
    struct arena_mark start; /* of the call's arena then */
    struct lane_job lane;
    uint64_t version; /* of the loop's snapshot when it moved */
    struct stream stream;

    /* While it is parked (http/parked.h). */
    struct request *earlier, *later;
    int64_t give_up_us; /* its place on the list; 0: it is not there */
    bool watched;
};

/* What a completion of the loop's is of. */
enum completion_of { COMPLETION_OF_JOB, COMPLETION_OF_LANE, COMPLETION_OF_UPLOAD };

static inline struct request *request_of_lane_job(struct lane_job *job)
{
    return (struct request *)((char *)job - offsetof(struct request, lane));
}

static inline struct request *request_of(struct completion *completion)
{
    if (completion->kind == COMPLETION_OF_LANE)
        return request_of_lane_job((struct lane_job *)completion);
    if (completion->kind == COMPLETION_OF_UPLOAD)
        return upload_request(completion);
    return (struct request *)call_of_job((struct job *)completion);
}

/* The daemon's callbacks; their context is the loop.
 * MHD_OPTION_URI_LOG_CALLBACK: takes a request from the loop. */
void *request_begin(void *context, const char *target, struct MHD_Connection *connection);

/* The access handler. */
enum MHD_Result request_handle(void *loop, struct MHD_Connection *connection, const char *url,
                               const char *method, const char *version, const char *upload,
                               size_t *upload_size, void **context);

/* MHD_OPTION_NOTIFY_COMPLETED: logs, and gives the request back. */
void request_end(void *context, struct MHD_Connection *connection, void **request,
                 enum MHD_RequestTerminationCode how);

/* Frees the loop's spare requests. */
void request_free_spare(struct loop *loop);

#endif
