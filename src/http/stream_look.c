/*
 * Streams and time: whose is up, and who takes nothing.
 *
 * SPDX-License-Identifier: MIT
 */
#include "http/stream.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>

#include "http/loop.h"
#include "http/request.h"

/* Between two looks. */
#define LOOK_US 1000000

/* Since the last look: from us, or from the socket, where much may be that the client has not read. */
static bool took_something(struct request *r)
{
    struct stream *s = &r->stream;
    int queued = 0;
    bool took;

    if (ioctl(r->peer->fd, SIOCOUTQ, &queued) != 0)
        queued = 0;
    took = s->given != r->answer_bytes || s->queued != queued;
    s->given = r->answer_bytes;
    s->queued = queued;
    return took;
}

static bool is_past(int64_t instant_us, int64_t now_us)
{
    return instant_us != 0 && now_us >= instant_us;
}

static void cut_off(struct request *r, const char *why)
{
    if (r->stream.end == STREAM_END_NONE) {
        r->stream.end = STREAM_END_TIMEOUT;
        error_set(&r->call.error, ERROR_TIMEOUT, "%s", why);
    }
    connection_shut(r->peer);
}

static void look_at_client(struct request *r, int64_t now_us)
{
    int64_t idle_us = r->loop->options->idle_timeout_us;
    struct stream *s = &r->stream;

    if (took_something(r))
        s->moved_us = now_us;
    if (is_past(s->cut_us, now_us))
        cut_off(r, "the client did not take what was ready within --request-timeout");
    else if (idle_us && now_us - s->moved_us >= idle_us)
        cut_off(r, "the client took nothing for --idle-timeout");
}

/* One that waits for its piece is looked at by those who make it. */
static void look_at(struct request *r, int64_t stop_us, int64_t now_us)
{
    struct stream *s = &r->stream;
    bool is_open = s->state == STREAM_OPEN;

    if (r->phase == REQUEST_IN_LANE)
        return;
    if (is_open && is_past(stop_us, now_us)) {
        error_set(&r->call.error, ERROR_DRAINING, "the server is shutting down");
        stream_fail(r, STREAM_END_SHUTDOWN);
    } else if (is_open && is_past(s->deadline_us, now_us)) {
        error_set(&r->call.error, ERROR_TIMEOUT,
                  "the answer was not taken within --stream-timeout");
        stream_fail(r, STREAM_END_TIMEOUT);
    }
    look_at_client(r, now_us);
}

static void come_again(struct streams *all, int64_t instant_us, int64_t now_us)
{
    if (instant_us > now_us && instant_us < all->next_us)
        all->next_us = instant_us;
}

void streams_tick(struct loop *loop, int64_t now_us)
{
    int64_t stop = atomic_load_explicit(&loop->stop_us, memory_order_acquire);
    struct streams *all = &loop->streams;

    if (!all->first) {
        all->next_us = 0;
        return;
    }
    all->next_us = now_us + LOOK_US;
    come_again(all, stop, now_us);
    for (struct request *r = all->first; r; r = r->stream.next) {
        look_at(r, stop, now_us);
        come_again(all, r->stream.deadline_us, now_us);
    }
}
