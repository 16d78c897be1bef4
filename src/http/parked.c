/* SPDX-License-Identifier: MIT */
#include "http/parked.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "http/loop.h"
#include "http/request.h"

/* A job that has not begun this long before its deadline is given up: a part of the time that a
 * request has, and a second at most. */
#define MARGIN_PART   10
#define MARGIN_MAX_US 1000000

/* Events taken at once. */
#define EVENTS 64

bool parked_init(struct parked *p, struct error *e)
{
    *p = (struct parked){.watch_fd = epoll_create1(EPOLL_CLOEXEC)};
    if (p->watch_fd >= 0)
        return true;
    return error_set(e, ERROR_IO, "cannot open an epoll: %s", strerror(errno));
}

void parked_finish(struct parked *p)
{
    close(p->watch_fd);
}

static int64_t margin_us(const struct loop *loop)
{
    int64_t margin = loop->options->request_timeout_us / MARGIN_PART;

    if (margin < MARGIN_MAX_US)
        return margin;
    return MARGIN_MAX_US;
}

/* Nearly always it is the last: only a request that was long in coming has less time than those
 * before it. */
static void list_by_time(struct parked *p, struct request *r)
{
    struct request *before = p->last;

    while (before && before->give_up_us > r->give_up_us)
        before = before->earlier;
    r->earlier = before;
    r->later = before ? before->later : p->first;
    *(before ? &before->later : &p->first) = r;
    *(r->later ? &r->later->earlier : &p->last) = r;
}

static void unlist(struct parked *p, struct request *r)
{
    if (r->give_up_us == 0)
        return;
    *(r->earlier ? &r->earlier->later : &p->first) = r->later;
    *(r->later ? &r->later->earlier : &p->last) = r->earlier;
    r->give_up_us = 0;
}

/* A client that closes its side goes away: also one that only says that it sends nothing more. */
static void watch(struct parked *p, struct request *r)
{
    struct epoll_event event = {.events = EPOLLRDHUP, .data.ptr = r};

    r->watched = epoll_ctl(p->watch_fd, EPOLL_CTL_ADD, r->peer->fd, &event) == 0;
    p->n_watched += r->watched;
}

static void unwatch(struct parked *p, struct request *r)
{
    if (!r->watched)
        return;
    (void)epoll_ctl(p->watch_fd, EPOLL_CTL_DEL, r->peer->fd, NULL);
    r->watched = false;
    p->n_watched--;
}

void parked_add(struct request *r, bool lane)
{
    struct loop *loop = r->loop;
    int64_t deadline = r->call.deadline_us;
    int64_t margin = STREAM_IS(r) ? 0 : margin_us(loop); /* a stream needs no time to be told */

    r->phase = lane ? REQUEST_IN_LANE : REQUEST_WAITING;
    loop->parked.n++;
    r->give_up_us = deadline ? deadline - margin : 0;
    if (deadline)
        list_by_time(&loop->parked, r);
    r->watched = false;
    if (lane)
        watch(&loop->parked, r);
    connection_enter(&loop->peers, r->peer, CONNECTION_PARKED, loop->now_us);
    MHD_suspend_connection(r->connection);
}

/* What comes next for it. */
static void enter_next_phase(struct request *r)
{
    if (r->phase == REQUEST_KEEPING) {
        upload_return(r);
        r->phase = REQUEST_BODY;
        return;
    }
    r->phase = r->phase == REQUEST_IN_LANE ? REQUEST_READ : REQUEST_RETURNED;
}

/* Its job has come back, or never ran. */
static void resume(struct request *r)
{
    struct parked *p = &r->loop->parked;

    assert(r->phase == REQUEST_WAITING || r->phase == REQUEST_IN_LANE ||
           r->phase == REQUEST_KEEPING);
    unlist(p, r);
    unwatch(p, r);
    p->n--;
    enter_next_phase(r);
    MHD_resume_connection(r->connection);
}

void parked_resume(struct loop *loop)
{
    struct completion *completion = completion_queue_take(&loop->completions);

    for (struct completion *next; completion; completion = next) {
        next = completion->next;
        resume(request_of(completion));
    }
}

static void client_went(struct request *r)
{
    unwatch(&r->loop->parked, r);
    atomic_store_explicit(&r->lane.cancelled, true, memory_order_relaxed);
    if (lane_withdraw(r->call.service->lane, &r->lane))
        resume(r);
}

void parked_watch(struct loop *loop)
{
    struct epoll_event events[EVENTS];
    int n = epoll_wait(loop->parked.watch_fd, events, EVENTS, 0);

    for (int i = 0; i < n; i++)
        client_went(events[i].data.ptr);
}

/* Most of its time passed before it came to the lane, on its loop: it would be as late again. */
static bool is_late_by_itself(const struct request *r, int64_t now_us)
{
    return now_us - r->lane.queued_us < (now_us - r->call.now_us) / 2;
}

static void say_late(struct request *r, int64_t now_us)
{
    struct call *call = &r->call;

    if (is_late_by_itself(r, now_us))
        error_set(&call->error, ERROR_TIMEOUT, "canceling statement due to statement timeout");
    else
        lane_say_busy(call->service->lane, &call->error);
    (void)call_fail(call);
}

/* False: it has begun, and ends at its deadline. */
static bool withdraw(struct request *r, int64_t now_us)
{
    struct lane *lane = r->call.service->lane;

    if (r->phase == REQUEST_WAITING)
        return writer_withdraw(r->call.service->writer, &r->call.job);
    if (!lane_withdraw(lane, &r->lane))
        return false;
    if (STREAM_IS(r))
        error_set(&r->call.error, ERROR_TIMEOUT, "the answer was not read within --stream-timeout");
    else
        say_late(r, now_us);
    return true;
}

void parked_expire(struct loop *loop, int64_t now_us)
{
    struct parked *p = &loop->parked;

    while (p->first && p->first->give_up_us <= now_us) {
        struct request *r = p->first;

        unlist(p, r);
        if (withdraw(r, now_us))
            resume(r);
    }
}

int64_t parked_next_us(const struct parked *p)
{
    if (p->first)
        return p->first->give_up_us;
    return 0;
}
