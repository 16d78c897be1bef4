/* SPDX-License-Identifier: MIT */
#include "http/server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <microhttpd.h>

#include "access/address/limit.h"
#include "access/address/rate_limit.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/process.h"
#include "http/inherit.h"
#include "http/listen.h"
#include "http/loop.h"
#include "http/upload.h"

struct server {
    struct server_options options;
    _Atomic bool *draining;
    struct limit *limit;
    struct rate_limit *rates;
    struct uploads *uploads;
    struct listen listen;
    struct listen metrics_listen;
    struct server_options metrics_options; /* the operators' */
    struct limit *metrics_limit;
    struct loops all;
    bool is_reachable;
    size_t n_loops; /* opened */
    size_t n_running;
    struct loop loops[]; /* the operators' is the last */
};

static void free_server(struct server *s)
{
    for (size_t i = 0; i < s->n_loops; i++)
        loop_close(&s->loops[i]);
    listen_close(&s->listen);
    listen_close(&s->metrics_listen);
    limit_free(s->limit);
    limit_free(s->metrics_limit);
    rate_limit_free(s->rates);
    uploads_stop(s->uploads);
    free(s);
}

static bool open_sockets(struct server *s, struct error *e)
{
    const struct server_options *o = &s->options;

    if (o->inherited && o->inherited->count)
        return inherit_listen(o->inherited, &s->listen, o->loops, e);
    if (!listen_open(&s->listen, o->listen, o->loops, e))
        return false;
    return listen_set_mode(&s->listen, o->socket_mode, e);
}

static bool listens_beyond_loopback(int fd)
{
    union {
        struct sockaddr any;
        struct sockaddr_storage room;
    } bound = {.any = {.sa_family = AF_UNSPEC}};
    socklen_t size = sizeof bound;
    struct address address;

    if (getsockname(fd, &bound.any, &size) != 0)
        return false;
    address = address_of(&bound.any);
    return nearness_of(&address) != NEAR_LOOPBACK;
}

static bool open_loops(struct server *s, const struct service *service, struct error *e)
{
    const struct server_options *o = &s->options;

    s->limit = limit_new(o->max_connections, o->max_per_address);
    if (!s->limit)
        return error_set(e, ERROR_MEMORY, "out of memory");
    if (rate_rules_limit(o->rates)) {
        s->rates = rate_limit_new(o->rates, o->rate_clients);
        if (!s->rates)
            return error_set(e, ERROR_MEMORY, "out of memory");
    }
    if (!uploads_start(&s->uploads, o, service, e))
        return false;
    if (!open_sockets(s, e))
        return false;
    for (; s->n_loops < o->loops; s->n_loops++) {
        struct loop *loop = &s->loops[s->n_loops];

        s->is_reachable |= listens_beyond_loopback(s->listen.fds[s->n_loops]);
        loop->all = &s->all;
        loop->rates = s->rates;
        loop->uploads = s->uploads;
        if (!loop_open(loop, s->listen.fds[s->n_loops], o, service, s->limit, s->draining, e))
            return false;
        s->listen.fds[s->n_loops] = -1; /* the daemon's now */
    }
    return true;
}

/* One loop more, with limits and a socket of its own: it answers when the others are full or
 * busy. */
static bool open_operators(struct server *s, const struct service *service, struct error *e)
{
    struct server_options *o = &s->metrics_options;
    struct loop *loop = &s->loops[s->n_loops];

    if (!s->options.metrics_listen[0])
        return true;
    *o = s->options;
    o->answer_cache = 0;
    o->plan_cache = 0;
    o->max_connections = o->max_metrics_connections;
    o->max_per_address = 0;
    o->cors_origins = ""; /* whoever lets pages in means the resources */
    s->metrics_limit = limit_new(o->max_connections, o->max_per_address);
    if (!s->metrics_limit)
        return error_set(e, ERROR_MEMORY, "out of memory");
    if (!listen_open(&s->metrics_listen, o->metrics_listen, 1, e))
        return false;
    loop->all = &s->all;
    loop->admin = true;
    if (!loop_open(loop, s->metrics_listen.fds[0], o, service, s->metrics_limit, s->draining, e))
        return false;
    s->metrics_listen.fds[0] = -1; /* the daemon's now */
    s->n_loops++;
    return true;
}

static bool start_loops(struct server *s, struct error *e)
{
    for (; s->n_running < s->n_loops; s->n_running++) {
        if (!loop_start(&s->loops[s->n_running], e))
            return false;
    }
    return true;
}

/* libmicrohttpd cannot go on, as when epoll_ctl() fails: it would end the process without a word. */
static void panic(void *context, const char *file, unsigned line, const char *reason)
{
    (void)context;
    log_say(LOG_ERROR, "libmicrohttpd gives up: %s (%s:%u): %s; the process ends",
            reason && reason[0] ? reason : "no reason given", file ? file : "?", line,
            strerror(errno));
    abort();
}

static uint64_t make_seed(void)
{
    uint64_t seed;

    if (getrandom(&seed, sizeof seed, 0) != sizeof seed)
        seed = (uint64_t)clock_us();
    return seed;
}

struct server *server_start(const struct server_options *options, const struct service *service,
                            _Atomic bool *draining, struct error *e)
{
    struct server *s = calloc(1, sizeof *s + (options->loops + 1) * sizeof(struct loop));

    if (!s) {
        error_set(e, ERROR_MEMORY, "out of memory");
        return NULL;
    }
    MHD_set_panic_func(panic, NULL);
    s->options = *options;
    s->draining = draining;
    if (!open_loops(s, service, e) || !open_operators(s, service, e)) {
        free_server(s);
        return NULL;
    }
    s->all = (struct loops){s->loops, s->n_loops, process_start_us(), make_seed()};
    if (!start_loops(s, e)) {
        server_stop(s, 0);
        return NULL;
    }
    return s;
}

const char *server_url(const struct server *s)
{
    return s->listen.url;
}

const char *server_metrics_url(const struct server *s)
{
    return s->metrics_listen.url;
}

bool server_is_reachable(const struct server *s)
{
    return s->is_reachable;
}

bool server_turns(struct server *s, size_t *stuck)
{
    for (size_t i = 0; i < s->n_running; i++) {
        if (!loop_turns(&s->loops[i])) {
            *stuck = i + 1;
            return false;
        }
    }
    for (size_t i = 0; i < s->n_running; i++)
        loop_ask(&s->loops[i]);
    return true;
}

/* Drains the loops from…before together; true if all was answered. */
static bool drain(struct server *s, size_t from, size_t before, int64_t stop_us)
{
    bool all_answered = true;

    for (size_t i = from; i < before; i++)
        loop_drain(&s->loops[i], stop_us);
    for (size_t i = from; i < before; i++) {
        pthread_join(s->loops[i].thread, NULL);
        all_answered = all_answered && s->loops[i].in_flight == 0;
    }
    return all_answered;
}

bool server_stop(struct server *s, int64_t drain_us)
{
    int64_t stop_us = clock_us() + drain_us;
    size_t n_main = s->n_running < s->options.loops ? s->n_running : s->options.loops;
    bool all_answered;

    atomic_store(s->draining, true);
    all_answered = drain(s, 0, n_main, stop_us);
    all_answered = drain(s, n_main, s->n_running, stop_us) && all_answered;
    free_server(s);
    return all_answered;
}
