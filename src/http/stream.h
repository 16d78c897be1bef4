/*
 * Answers that are sent in pieces (resource/streamed.h), as fast as the client takes them: when it has
 * taken a piece the connection is suspended, and a job of the reader lane makes the next. Nobody waits for
 * a slow client: between two pieces there is a buffer, and a reader with its snapshot. One loop's thread
 * but for stream_keep.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_HTTP_STREAM_H
#define THIMBLE_HTTP_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/row.h"

struct MHD_Response;
struct loop;
struct request;

enum stream_state {
    STREAM_NONE,   /* the answer is whole, or has not begun */
    STREAM_OPEN,   /* more can be read */
    STREAM_ENDED,  /* all has been read: the client has to take the rest */
    STREAM_FAILED, /* the same, and then the connection is closed */
};

/* How one ended; metrics.c has the names. */
enum stream_end {
    STREAM_END_NONE,
    STREAM_END_COMPLETE,
    STREAM_END_FAILED,   /* the reading has */
    STREAM_END_TIMEOUT,  /* --stream-timeout, or the client took nothing for --idle-timeout */
    STREAM_END_GONE,     /* the client */
    STREAM_END_SHUTDOWN, /* the drain timeout was over */
    STREAM_ENDS,
};

struct stream {
    enum stream_state state;
    enum stream_end end; /* why it failed */
    size_t taken;        /* bytes of call->reply */
    size_t piece;        /* what is read at once */
    int64_t ready_us;    /* when the present piece was there, clock_us */
    int64_t deadline_us; /* of the reading, 0: none */
    int64_t
        cut_us; /* it has failed, or much is held for it: when the client has to have taken the rest, 0: it has not */
    enum reading_state read;       /* how the job that was submitted came out… */
    bool was_read;                 /* …if it ran */
    struct request *next, *before; /* among the loop's */
    /* When and how the client was seen to take something: bytes given, and left in the socket. */
    int64_t moved_us;
    size_t given;
    int queued;
};

/* The streams of a loop. */
struct streams {
    struct request *first;
    int64_t next_us; /* when they are to be looked at (clock_us), 0: there are none */
};

/* On a thread of the lane, after a verb that left a reading: its reader is kept. If that cannot be, the
 * call has failed, and the reading is over. */
void stream_keep(struct request *request);

/* A response that asks for the pieces, without its header fields; NULL without memory. */
struct MHD_Response *stream_response(struct request *request);

/* It is queued. */
void stream_begin(struct request *request);

/* It cannot go on, for what is in its call's error: what there is of it is still sent, and the reason. */
void stream_fail(struct request *request, enum stream_end end);

/* Is there one, whatever its state? */
#define STREAM_IS(request) ((request)->stream.state != STREAM_NONE)

/* The request, whose answer was to be sent in pieces, ends; `whole`: all was sent. */
void stream_finish(struct request *request, bool whole);

/* Looks at the loop's: whose time is up, who takes nothing. */
void streams_tick(struct loop *loop, int64_t now_us);

#endif
