/* SPDX-License-Identifier: MIT */
#include "serve/supervise.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "access/key/key_watch.h"
#include "base/clock.h"
#include "base/log.h"
#include "http/server.h"
#include "serve/ending.h"
#include "serve/notify.h"
#include "serve/reload.h"
#include "store/run/writer.h"
#include "store/store.h"

/* Looks within one watchdog period. A loop may be busy for the rest of them. */
#define LOOKS 4

void supervise_signals(sigset_t *out)
{
    sigemptyset(out);
    sigaddset(out, SIGHUP);
}

static void say_serving(const struct supervisor *s)
{
    struct catalog *catalog = store_catalog(s->store);

    notify_send(s->notifier, "READY=1\nSTATUS=serving %zu resources of %s at %s", catalog->n_tables,
                s->db, server_url(s->server));
    catalog_drop(catalog);
}

static void say_failed(const struct supervisor *s, const struct error *e)
{
    char line[sizeof e->message];

    log_say(LOG_ERROR, "reload failed: %s", e->message);
    memcpy(line, e->message, sizeof line);
    for (char *at = line; *at; at++)
        *at = *at == '\n' ? ' ' : *at; /* a line of a datagram is one assignment */
    notify_send(s->notifier, "READY=1\nSTATUS=serving; the last reload failed: %s", line);
}

static void begin_reload(struct supervisor *s)
{
    struct error e = error_none();

    s->reload_again = s->reload->running;
    if (s->reload_again)
        return;
    log_say(LOG_INFO, "reloading");
    notify_reloading(s->notifier);
    if (!reload_begin(s->reload, &e))
        say_failed(s, &e);
}

static void end_reload(struct supervisor *s)
{
    struct error e = error_none();
    bool ok = reload_end(s->reload, &e);

    if (s->reload->running)
        return;
    if (ok)
        say_serving(s);
    else
        say_failed(s, &e);
    if (s->reload_again)
        begin_reload(s);
}

/* SIGHUP: the kernel's when the terminal is gone, a person's to reload. */
static void take_signal(struct supervisor *s)
{
    struct signalfd_siginfo info;

    if (read(s->signal_fd, &info, sizeof info) != (ssize_t)sizeof info)
        return;
    if (info.ssi_code == SI_KERNEL) {
        ending_ask(s->ending, (int)info.ssi_signo);
        return;
    }
    key_watch_reread(s->keys);
    begin_reload(s);
}

static void complain(struct supervisor *s, size_t loop)
{
    int64_t period = s->notifier->watchdog_us, now = clock_us();

    if (s->complained || now - s->well_us < period / 2)
        return;
    s->complained = true;
    if (loop)
        log_say(LOG_ERROR, "event loop %zu does not turn: the watchdog will end the process", loop);
    else
        log_say(LOG_ERROR, "the writer does not get on: the watchdog will end the process");
}

/* A long migration is no fault: a reload under way excuses the writer. */
static void feed_watchdog(struct supervisor *s)
{
    int64_t now = clock_us();
    size_t stuck = 0;
    bool writes;

    if (!s->look_us || now < s->look_us)
        return;
    s->look_us = now + s->notifier->watchdog_us / LOOKS;
    writes = writer_moves(s->writer, &s->writer_seen) || s->reload->running;
    if (server_turns(s->server, &stuck) && writes) {
        s->well_us = now;
        s->complained = false;
        notify_send(s->notifier, "WATCHDOG=1");
    } else {
        complain(s, stuck);
    }
}

/* A write ends with its share of the writer's time, and with its request's. 0: it need not end. */
static int64_t longest_write_us(const struct supervisor *s)
{
    int64_t share = s->write_timeout_us, request = s->request_timeout_us;

    if (share == 0 || (request && request < share))
        return request;
    return share;
}

static void warn_if_longer(const char *what, int64_t limit_us, int64_t busy_us, const char *setting)
{
    if (limit_us && limit_us <= busy_us)
        return;
    log_say(LOG_WARN,
            "a %s may run longer than the watchdog allows (%lld ms): raise WatchdogSec, or set %s "
            "to less than that",
            what, (long long)(busy_us / 1000), setting);
}

static void start_watchdog(struct supervisor *s)
{
    int64_t period = s->notifier->watchdog_us, busy = period / LOOKS * (LOOKS - 1);

    if (!period)
        return;
    s->well_us = clock_us();
    s->look_us = s->well_us + period / LOOKS;
    if (!s->read_only)
        warn_if_longer("write", longest_write_us(s), busy, "--write-timeout");
    if (!s->reads_move)
        warn_if_longer("read", s->request_timeout_us, busy, "--request-timeout");
}

static int wait_ms(const struct supervisor *s)
{
    int64_t left = s->look_us - clock_us();

    return !s->look_us ? -1 : left <= 0 ? 0 : left > 60000000 ? 60000 : (int)(left / 1000) + 1;
}

bool supervise(struct supervisor *s, struct error *e)
{
    sigset_t signals;

    supervise_signals(&signals);
    s->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    if (s->signal_fd < 0)
        return error_set(e, ERROR_FAILURE, "cannot wait for signals: %s", strerror(errno));
    start_watchdog(s);
    say_serving(s);
    while (!ending_number(s->ending)) {
        struct pollfd fds[] = {{.fd = s->signal_fd, .events = POLLIN},
                               {.fd = s->reload->completions.wake_fd, .events = POLLIN},
                               {.fd = s->ending->wake_fd, .events = POLLIN}};

        if (poll(fds, 3, wait_ms(s)) > 0) {
            if (fds[1].revents)
                end_reload(s);
            if (fds[0].revents)
                take_signal(s);
        }
        feed_watchdog(s);
    }
    close(s->signal_fd);
    return true;
}
