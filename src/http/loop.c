/* SPDX-License-Identifier: MIT */
#include "http/loop.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "http/accept.h"
#include "http/request.h"
#include "store/run/reader.h"
#include "store/store.h"

/* After the drain timeout, in microseconds. */
#define CUT_OFF_US 200000

/* The loop looks after the daemon so often at least, in milliseconds. */
#define WAIT_MAX_MS 60000

static bool open_daemon(struct loop *loop, int listen_fd, struct error *e)
{
    const struct server_options *o = loop->options;
    unsigned flags = MHD_USE_EPOLL | MHD_USE_NO_THREAD_SAFETY | MHD_ALLOW_SUSPEND_RESUME;
    const union MHD_DaemonInfo *info;

    loop->daemon = MHD_start_daemon(
        flags, 0, accept_policy, loop, request_handle, loop, MHD_OPTION_LISTEN_SOCKET, listen_fd,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)(o->max_connections + LIMIT_TOLD),
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, loop_pool_size(o), MHD_OPTION_CONNECTION_TIMEOUT,
        loop_idle_seconds(o), MHD_OPTION_CLIENT_DISCIPLINE_LVL, 1, MHD_OPTION_URI_LOG_CALLBACK,
        request_begin, loop, MHD_OPTION_NOTIFY_COMPLETED, request_end, loop,
        MHD_OPTION_NOTIFY_CONNECTION, accept_notify, loop, MHD_OPTION_END);
    info = loop->daemon ? MHD_get_daemon_info(loop->daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
    if (!info)
        return error_set(e, ERROR_FAILURE, "cannot start an event loop");
    loop->daemon_fd = info->epoll_fd;
    return true;
}

static void finish_caches(struct loop *loop)
{
    plan_cache_finish(&loop->plans);
    response_cache_finish(&loop->cache);
}

static bool init_caches(struct loop *loop, struct error *e)
{
    const struct server_options *o = loop->options;

    if (!response_cache_init(&loop->cache, o->answer_cache / o->loops, loop->id_seed, e))
        return false;
    if (plan_cache_init(&loop->plans, o->plan_cache, loop->id_seed, e))
        return true;
    finish_caches(loop);
    return false;
}

bool loop_open(struct loop *loop, int listen_fd, const struct server_options *options,
               const struct service *service, struct limit *limit, const _Atomic bool *draining,
               struct error *e)
{
    loop->options = options;
    loop->service = service;
    loop->limit = limit;
    loop->draining = draining;
    loop->hosts = hosts_rule_of(listen_fd);
    loop->now_us = clock_us();
    loop->peers = (struct connections){
        .idle_us =
            options->idle_timeout_us ? options->idle_timeout_us + options->request_timeout_us : 0,
        .active_us = options->request_timeout_us,
        .uploading_us = service->upload_timeout_us,
    };
    if (getrandom(&loop->id_seed, sizeof loop->id_seed, 0) != sizeof loop->id_seed)
        loop->id_seed = (uint64_t)loop->now_us;
    if (!authenticator_init(&loop->authenticator, options->anonymous, &options->tokens,
                            loop->id_seed, e))
        return false;
    loop->authenticator.keys.uses = service->key_uses;
    if (!init_caches(loop, e))
        return false;
    budget_init(&loop->budget, service->lane ? options->loop_budget_us : 0, options->all_move);
    if (!completion_queue_init(&loop->completions, e)) {
        finish_caches(loop);
        return false;
    }
    if (!parked_init(&loop->parked, e)) {
        completion_queue_finish(&loop->completions);
        finish_caches(loop);
        return false;
    }
    loop->reader = reader_open(service->store, e);
    if (!loop->reader || !open_daemon(loop, listen_fd, e)) {
        reader_close(loop->reader);
        loop->reader = NULL;
        parked_finish(&loop->parked);
        completion_queue_finish(&loop->completions);
        finish_caches(loop);
        return false;
    }
    return true;
}

/* When what is left is cut off: jobs that are stopped at the drain timeout come back, and are told so.
 * 0: it is not draining. */
static int64_t cut_off_us(const struct loop *loop)
{
    int64_t stop = atomic_load_explicit(&loop->stop_us, memory_order_acquire);

    return stop ? stop + CUT_OFF_US : 0;
}

/* Milliseconds from when the loop's turn ended until something is due by the clock, -1: nothing is. */
static int wait_ms(struct loop *loop)
{
    int64_t due[] = {reader_expires_us(loop->reader), connections_next_us(&loop->peers),
                     parked_next_us(&loop->parked),   loop->rest_us,
                     loop->streams.next_us,           loop->parked.n ? 0 : cut_off_us(loop)};
    int daemon_ms = MHD_get_timeout_i(loop->daemon);
    int64_t soonest = INT64_MAX, now, ms;

    if (daemon_ms == 0)
        return 0;
    for (size_t i = 0; i < sizeof due / sizeof *due; i++) {
        if (due[i] != 0 && due[i] < soonest)
            soonest = due[i];
    }
    if (soonest == INT64_MAX)
        return daemon_ms < WAIT_MAX_MS ? daemon_ms : WAIT_MAX_MS;
    now = loop->now_us;
    ms = soonest <= now ? 0 : (soonest - now + 999) / 1000;
    if (daemon_ms >= 0 && daemon_ms < ms)
        ms = daemon_ms;
    return ms < WAIT_MAX_MS ? (int)ms : WAIT_MAX_MS;
}

static void start_draining(struct loop *loop)
{
    int fd = MHD_quiesce_daemon(loop->daemon);

    if (fd >= 0)
        close(fd);
    connections_shut_idle(&loop->peers);
    streams_tick(loop, loop->now_us);
    loop->quiet = true;
}

/* Draining and nothing left to wait for, or out of time. A job that is still with the lane or the writer
 * then, which does not look at the time, keeps its request: what ends the process does not wait. */
static bool is_done(const struct loop *loop)
{
    int64_t cut_off = cut_off_us(loop);

    if (!cut_off || loop->parked.n)
        return false;
    return loop->in_flight == 0 || clock_us() >= cut_off;
}

/* What all loops have in common rests whether this loop does or not. */
static void forget(struct loop *loop)
{
    loop->forget_us = loop->now_us + LOOP_REST_US;
    store_forget(loop->service->store, loop->now_us - LOOP_REST_US);
}

/* What a burst needed is of no use to the quiet after it. */
static void rest(struct loop *loop)
{
    loop->rest_us = 0;
    request_free_spare(loop);
    plan_cache_clear(&loop->plans);
    reader_rest(loop->reader);
    forget(loop);
    memory_return();
}

static void tick(struct loop *loop)
{
    int64_t expires;

    loop_answer(loop);
    loop->now_us = clock_us();
    expires = reader_expires_us(loop->reader);
    if (expires && loop->now_us >= expires)
        reader_release(loop->reader);
    connections_expire(&loop->peers, loop->now_us);
    parked_expire(loop, loop->now_us);
    if (loop->streams.next_us && loop->now_us >= loop->streams.next_us)
        streams_tick(loop, loop->now_us);
    budget_tick(&loop->budget, loop->now_us);
    if (loop->now_us >= loop->forget_us)
        forget(loop);
    if (loop->rest_us && loop->now_us >= loop->rest_us)
        rest(loop);
    if (atomic_load_explicit(&loop->stop_us, memory_order_acquire) && !loop->quiet)
        start_draining(loop);
}

static void *loop_main(void *context)
{
    struct loop *loop = context;
    struct pollfd fds[] = {{.fd = loop->daemon_fd, .events = POLLIN},
                           {.fd = loop->completions.wake_fd, .events = POLLIN},
                           {.fd = loop->parked.watch_fd, .events = POLLIN}};

    while (!is_done(loop)) {
        bool watches = loop->parked.n_watched > 0;
        int ready = poll(fds, watches ? 3 : 2, wait_ms(loop));

        loop->now_us = clock_us();
        if (ready > 0 && fds[1].revents)
            parked_resume(loop);
        if (ready > 0 && watches && fds[2].revents)
            parked_watch(loop);
        MHD_run(loop->daemon);
        tick(loop);
    }
    reader_release(loop->reader);
    memory_return();
    atomic_store(&loop->ended, true);
    return NULL;
}

bool loop_start(struct loop *loop, struct error *e)
{
    if (pthread_create(&loop->thread, NULL, loop_main, loop) != 0)
        return error_set(e, ERROR_FAILURE, "cannot start a thread");
    return true;
}

void loop_drain(struct loop *loop, int64_t stop_us)
{
    atomic_store_explicit(&loop->stop_us, stop_us, memory_order_release);
    completion_queue_nudge(&loop->completions);
}

void loop_ask(struct loop *loop)
{
    atomic_fetch_add_explicit(&loop->asked, 1, memory_order_relaxed);
    completion_queue_nudge(&loop->completions);
}

bool loop_turns(const struct loop *loop)
{
    return atomic_load_explicit(&loop->asked, memory_order_relaxed) ==
           atomic_load_explicit(&loop->answered, memory_order_relaxed);
}

void loop_close(struct loop *loop)
{
    if (!loop->daemon)
        return;
    MHD_stop_daemon(loop->daemon);
    loop->daemon = NULL;
    request_free_spare(loop);
    if (loop->constant.response)
        MHD_destroy_response(loop->constant.response);
    authenticator_finish(&loop->authenticator);
    finish_caches(loop);
    reader_close(loop->reader);
    parked_finish(&loop->parked);
    completion_queue_finish(&loop->completions);
}
