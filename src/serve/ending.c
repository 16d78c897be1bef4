/* SPDX-License-Identifier: MIT */
#include "serve/ending.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

/* After the drain timeout, in microseconds: what does not look is interrupted; the process ends. */
#define INTERRUPT_US 250000
#define GIVE_UP_US   400000

/* For the last line, should nobody read it. */
#define LOG_LAST_US 20000

void ending_signals(sigset_t *out)
{
    sigaddset(out, SIGTERM);
    sigaddset(out, SIGINT);
}

static const char *name_of(int number)
{
    if (number == SIGINT)
        return "SIGINT";
    return number == SIGTERM ? "SIGTERM" : "SIGHUP";
}

static void stop_all(struct ending *x)
{
    if (x->drain_us > 0)
        log_say(LOG_WARN, "the drain timeout is over while %s: what still runs is stopped",
                atomic_load(&x->doing));
    stopping_raise(&x->stopping);
}

static void interrupt_all(struct ending *x)
{
    stopping_interrupt(&x->stopping);
}

static void give_up(struct ending *x)
{
    log_say(LOG_WARN,
            "the process ends while %s: what was not answered by now is cut off; what was "
            "acknowledged is in the write-ahead log",
            atomic_load(&x->doing));
    log_close(LOG_LAST_US);
    _exit(0);
}

static const struct {
    int64_t after_us; /* the drain timeout */
    void (*act)(struct ending *x);
} stages[] = {
    {0, stop_all},
    {INTERRUPT_US, interrupt_all},
    {GIVE_UP_US, give_up},
};

#define STAGES (sizeof stages / sizeof *stages)

static int64_t due_us(const struct ending *x)
{
    return atomic_load(&x->asked_us) + x->drain_us + stages[x->stage].after_us;
}

static void act_if_due(struct ending *x)
{
    bool asked = ending_number(x) != 0;

    while (asked && x->stage < STAGES && clock_us() >= due_us(x))
        stages[x->stage++].act(x);
}

static int wait_ms(const struct ending *x)
{
    int64_t left;

    if (ending_number(x) == 0 || x->stage == STAGES)
        return -1;
    left = due_us(x) - clock_us();
    return left <= 0 ? 0 : (int)(left / 1000) + 1;
}

static void raise_event(int fd)
{
    uint64_t one = 1;

    (void)!write(fd, &one, sizeof one);
}

/* From here a second signal ends the process at once: nothing acknowledged can be lost. */
static void take_signal(struct ending *x)
{
    struct signalfd_siginfo info;
    sigset_t signals;

    if (read(x->signal_fd, &info, sizeof info) != (ssize_t)sizeof info)
        return;
    ending_ask(x, (int)info.ssi_signo);
    sigemptyset(&signals);
    ending_signals(&signals);
    pthread_sigmask(SIG_UNBLOCK, &signals, NULL);
}

static void *ending_main(void *context)
{
    struct ending *x = context;

    while (!atomic_load(&x->finished)) {
        struct pollfd fds[] = {{.fd = x->nudge_fd, .events = POLLIN},
                               {.fd = x->signal_fd, .events = POLLIN}};
        uint64_t nudges;

        if (poll(fds, ending_number(x) ? 1 : 2, wait_ms(x)) > 0) {
            if (fds[0].revents)
                (void)!read(x->nudge_fd, &nudges, sizeof nudges);
            if (fds[1].revents)
                take_signal(x);
        }
        act_if_due(x);
    }
    return NULL;
}

bool ending_start(struct ending *x, int64_t drain_us, struct error *e)
{
    sigset_t signals;

    x->drain_us = drain_us;
    stopping_init(&x->stopping);
    ending_while(x, "starting");
    sigemptyset(&signals);
    ending_signals(&signals);
    x->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    x->nudge_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    x->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (x->signal_fd < 0 || x->nudge_fd < 0 || x->wake_fd < 0)
        return error_set(e, ERROR_FAILURE, "cannot wait for signals: %s", strerror(errno));
    x->started = pthread_create(&x->thread, NULL, ending_main, x) == 0;
    return x->started || error_set(e, ERROR_FAILURE, "cannot start the thread for signals");
}

void ending_while(struct ending *x, const char *doing)
{
    atomic_store(&x->doing, doing);
}

int ending_number(const struct ending *x)
{
    return atomic_load(&x->number);
}

void ending_ask(struct ending *x, int number)
{
    int none = 0;

    if (ending_number(x) != 0)
        return;
    atomic_store(&x->asked_us, clock_us());
    if (!atomic_compare_exchange_strong(&x->number, &none, number))
        return;
    log_say(LOG_INFO, "stopping on %s", name_of(number));
    raise_event(x->wake_fd);
    raise_event(x->nudge_fd);
}

int64_t ending_left_us(const struct ending *x)
{
    int64_t left = atomic_load(&x->asked_us) + x->drain_us - clock_us();

    return left > 0 ? left : 0;
}

void ending_finish(struct ending *x)
{
    if (!x->started)
        return;
    atomic_store(&x->finished, true);
    raise_event(x->nudge_fd);
    pthread_join(x->thread, NULL);
    x->started = false;
    close(x->signal_fd);
    close(x->nudge_fd);
    close(x->wake_fd);
    stopping_finish(&x->stopping);
}
