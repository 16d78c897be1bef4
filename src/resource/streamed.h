/*
 * Answers that are sent in pieces, since nothing but the client's wish says how long they are: CSV and
 * NDJSON past STREAMED_WHOLE, and a JSON array past --max-answer. Such a read goes to the reader lane,
 * whose reader is kept for it (store/run/lane.h): call->reply is the first piece, and call->streamed the
 * rest of the reading. Its header section is sent before its end is known, so it has no ETag, no Link,
 * and a Content-Range only where a count was asked for.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_RESOURCE_STREAMED_H
#define THIMBLE_RESOURCE_STREAMED_H

#include <stdbool.h>
#include <stddef.h>

#include "resource/call.h"
#include "resource/sink.h"

struct plan;
struct reading;

/* Bytes of an answer that is sent as a whole, if its form knows no end. */
#define STREAMED_WHOLE ((size_t)64 << 10)

/* A list on its way into the answer. */
struct page {
    struct call *call;
    const struct plan *plan;
    struct sink sink;
    row_sink *take;  /* what takes its rows, with the page as its context */
    int64_t size;    /* rows of a full one, INT64_MAX: none is full */
    size_t seen;     /* bytes of the answer when the time was looked at */
    size_t piece;    /* …at which it is left, or goes elsewhere: STREAMED_NEVER */
    size_t whole;    /* …up to the last row that was written in full */
    bool is_endless; /* there is more than HEAD needs to know */
};
#define STREAMED_NEVER SIZE_MAX

/* How much of the page is read at once; and, in the lane, gives the answer room for it. */
void streamed_limit(struct page *page, bool routine);

/* For the page's sink: the answer has so much. */
enum row_verdict streamed_pause(struct page *page, struct error *e);

/* After the reading on a loop: true if it has failed, since the array has no room here and can go on in
 * pieces. */
bool streamed_outgrows(struct page *page) __attribute__((warn_unused_result));

/* The reading is paused, or HEAD needs no more: the answer is its first piece. `page` and its plan may go;
 * `total` is of all rows, -1: not known. */
enum progress streamed_begin(struct page *page, struct reading *reading, int64_t total);

/*
 * In the lane, with the call's reader: the next piece of so many bytes, and up to a row more, into the
 * reply, which is empty. READING_FAILED with call->error: what is in the reply is in full rows. After
 * READING_ENDED and READING_FAILED nothing is left to read.
 */
enum reading_state streamed_next(struct call *call, size_t bytes);

/* Ends the reading; the reply stays. By the thread that has the reader. */
void streamed_end(struct call *call);

#endif
