/* SPDX-License-Identifier: MIT */
#include "http/stream.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "http/loop.h"
#include "http/request.h"
#include "http/status.h"
#include "resource/problem.h"
#include "resource/streamed.h"
#include "store/run/reader.h"

/* A client that takes a piece within PROMPT_US gets one twice as large, once it has taken more than the
 * kernels on the way swallow at once; another the smallest. */
#define PIECE_MIN ((size_t)8 << 10)
#define PIECE_MAX ((size_t)128 << 10)
#define PROMPT_US 100000
#define PROVEN    ((size_t)256 << 10)

/* Bytes that the kernel holds for a client before it has room to send them: else it takes megabytes for
 * one that is slow. */
#define UNSENT_MAX 65536

/* What HTTP/1.0 gets at once; else libmicrohttpd has a buffer of its own. */
#define BLOCK 16384

/* Room for the problem that ends a stream of NDJSON. */
#define PROBLEM_MAX 32768

void stream_keep(struct request *r)
{
    int64_t timeout = r->loop->options->stream_timeout_us;
    struct call *call = &r->call;

    reader_trim(call->reader); /* whether the client hurries is not known yet */
    if (!lane_keep_reader(call->service->lane, &r->lane, &call->error)) {
        streamed_end(call);
        call->in_pieces = false;
        call->content_range[0] = '\0';
        call->preference_applied = NULL;
        (void)call_fail(call);
        return;
    }
    r->stream.deadline_us = timeout ? clock_us() + timeout : 0;
    reader_deadline(r->lane.reader, r->stream.deadline_us);
}

/* Nothing more is read: on the loop, while no job has the reader. */
static void stop_reading(struct request *r)
{
    if (!r->lane.reader)
        return;
    reader_take_up(r->lane.reader);
    streamed_end(&r->call);
    reader_put_down(r->lane.reader);
    lane_return_reader(r->call.service->lane, &r->lane);
}

/* The last line of NDJSON says why it is the last. */
static void tell_failure(struct request *r)
{
    unsigned status = status_of_failure(&r->call.error);
    struct call *call = &r->call;

    if (call->media != MEDIA_NDJSON)
        return;
    call->reply.max = call->reply.len + PROBLEM_MAX;
    problem_write(&call->reply, &call->error, (int)status, status_title(status), call->path);
    buf_add_char(&call->reply, '\n');
}

void stream_fail(struct request *r, enum stream_end end)
{
    struct stream *s = &r->stream;
    int64_t rest_us = r->loop->options->request_timeout_us;

    stop_reading(r);
    s->state = STREAM_FAILED;
    s->end = end;
    s->cut_us = rest_us ? r->loop->now_us + rest_us : 0;
    if (end != STREAM_END_GONE)
        tell_failure(r);
}

static enum stream_end end_of(enum error_code code)
{
    switch (code) {
    case ERROR_TIMEOUT: return STREAM_END_TIMEOUT;
    case ERROR_DRAINING: return STREAM_END_SHUTDOWN;
    case ERROR_CANCELLED: return STREAM_END_GONE;
    default: return STREAM_END_FAILED;
    }
}

/* On the lane's thread. */
static void read_piece(struct lane_job *job, struct reader *reader)
{
    struct request *r = request_of_lane_job(job);
    struct stream *s = &r->stream;
    struct call *call = &r->call;

    call->reader = reader;
    call->in_lane = true;
    memory_begin(call_memory(call));
    s->was_read = true;
    s->read = streamed_next(call, s->piece);
    job->ends = s->read != READING_PAUSED;
    if (s->read == READING_PAUSED && s->piece == PIECE_MIN)
        reader_trim(reader); /* the next may be long in coming */
}

/* The job is back. */
static void take_piece(struct request *r)
{
    struct stream *s = &r->stream;
    bool is_cancelled = atomic_load_explicit(&r->lane.cancelled, memory_order_relaxed);

    r->phase = REQUEST_ANSWERED;
    connection_enter(&r->loop->peers, r->peer, CONNECTION_STREAMING, r->loop->now_us);
    r->call.reader = r->loop->reader;
    r->call.in_lane = false;
    s->taken = 0;
    s->ready_us = s->moved_us = r->loop->now_us;
    if (is_cancelled)
        stream_fail(r, STREAM_END_GONE);
    else if (!s->was_read || s->read == READING_FAILED)
        stream_fail(r, end_of(r->call.error.code));
    else if (s->read == READING_ENDED)
        s->state = STREAM_ENDED;
}

/* The present piece is taken. */
static void choose_size(struct request *r)
{
    struct stream *s = &r->stream;
    struct buf *b = &r->call.reply;

    s->cut_us = 0;
    if (r->loop->now_us - s->ready_us > PROMPT_US)
        s->piece = PIECE_MIN;
    else if (s->piece < PIECE_MAX && r->answer_bytes >= PROVEN)
        s->piece *= 2;
    if (b->cap > 2 * s->piece)
        buf_finish(b);
    buf_clear(b);
    b->max = PIECE_MAX + (size_t)r->call.service->max_answer; /* a row more */
    s->taken = 0;
}

static void submit_next(struct request *r)
{
    struct stream *s = &r->stream;

    choose_size(r);
    s->was_read = false;
    r->lane.run = read_piece;
    if (lane_submit(r->call.service->lane, &r->lane, &r->call.error))
        parked_add(r, true);
    else
        stream_fail(r, end_of(r->call.error.code));
}

static ssize_t copy(struct request *r, char *to, size_t max)
{
    struct stream *s = &r->stream;
    size_t n = r->call.reply.len - s->taken;
    size_t at_once = s->piece / 2; /* of libmicrohttpd's buffer a slow client needs little */

    if (n > max)
        n = max;
    if (n > at_once)
        n = at_once;
    memcpy(to, r->call.reply.data + s->taken, n);
    s->taken += n;
    s->moved_us = r->loop->now_us;
    r->answer_bytes += n;
    counter_add(&r->loop->metrics.stream_bytes, n);
    return (ssize_t)n;
}

/* MHD_ContentReaderCallback: what is sent next. 0: it is not there, and the connection is suspended. */
static ssize_t give(void *context, uint64_t position, char *to, size_t max)
{
    struct request *r = context;
    struct stream *s = &r->stream;
    (void)position;

    if (r->phase == REQUEST_READ)
        take_piece(r);
    if (s->state == STREAM_OPEN && s->taken == r->call.reply.len) {
        submit_next(r);
        if (r->phase == REQUEST_IN_LANE)
            return 0;
    }
    if (s->end == STREAM_END_GONE)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (s->taken < r->call.reply.len)
        return copy(r, to, max);
    if (s->state == STREAM_ENDED)
        return MHD_CONTENT_READER_END_OF_STREAM;
    return MHD_CONTENT_READER_END_WITH_ERROR;
}

struct MHD_Response *stream_response(struct request *r)
{
    bool is_chunked = slice_is(slice_from(r->protocol), MHD_HTTP_VERSION_1_1);
    size_t block = is_chunked ? 1 : BLOCK;

    return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, block, give, r, NULL);
}

/* The kernel may refuse it: of a unix socket, for one. */
static void hold_little(const struct request *r)
{
    int most = UNSENT_MAX;

    (void)setsockopt(r->peer->fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &most, sizeof most);
}

/* A first piece that is an array as long as an answer may be is taken as soon as such an answer. */
static int64_t cut_of_first(const struct request *r, int64_t now_us)
{
    int64_t timeout = r->loop->options->request_timeout_us;

    if (timeout == 0 || r->call.reply.len <= 2 * PIECE_MAX)
        return 0;
    return now_us + timeout;
}

void stream_begin(struct request *r)
{
    struct streams *all = &r->loop->streams;
    struct stream *s = &r->stream;
    int64_t now = r->loop->now_us;

    s->state = r->call.streamed ? STREAM_OPEN : STREAM_ENDED;
    s->end = STREAM_END_NONE;
    s->taken = s->given = 0;
    s->queued = -1;
    s->piece = PIECE_MIN;
    s->ready_us = s->moved_us = now;
    s->cut_us = cut_of_first(r, now);
    s->before = NULL;
    s->next = all->first;
    if (all->first)
        all->first->stream.before = r;
    all->first = r;
    all->next_us = now; /* it is looked at when its own time is next */
    r->call.deadline_us = s->deadline_us;
    hold_little(r);
    connection_enter(&r->loop->peers, r->peer, CONNECTION_STREAMING, now);
    (void)MHD_set_connection_option(r->connection, MHD_CONNECTION_OPTION_TIMEOUT, 0U);
}

static void leave(struct request *r)
{
    struct stream *s = &r->stream;

    *(s->before ? &s->before->stream.next : &r->loop->streams.first) = s->next;
    if (s->next)
        s->next->stream.before = s->before;
}

void stream_finish(struct request *r, bool whole)
{
    struct stream *s = &r->stream;

    stop_reading(r);
    if (s->state == STREAM_NONE) { /* HEAD, or it could not be queued */
        s->end = STREAM_END_NONE;
        return;
    }
    leave(r);
    s->state = STREAM_NONE;
    if (s->end == STREAM_END_NONE)
        s->end = whole ? STREAM_END_COMPLETE : STREAM_END_GONE;
    counter_add(&r->loop->metrics.streams[s->end], 1);
    if (whole) /* the connection may have another request */
        (void)MHD_set_connection_option(r->connection, MHD_CONNECTION_OPTION_TIMEOUT,
                                        loop_idle_seconds(r->loop->options));
}
