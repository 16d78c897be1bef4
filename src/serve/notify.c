/* SPDX-License-Identifier: MIT */
#include "serve/notify.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/parse.h"

#define MESSAGE_MAX 1024

static bool read_address(struct notifier *n, const char *text, struct error *e)
{
    size_t len = strlen(text);

    if ((text[0] != '/' && text[0] != '@') || len < 2 || len >= sizeof n->to.sun_path)
        return error_set(e, ERROR_USAGE,
                         "NOTIFY_SOCKET in the environment is \"%s\", which is neither a path nor "
                         "an @name of at most %zu bytes",
                         text, sizeof n->to.sun_path - 1);
    n->to = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(n->to.sun_path, text, len);
    if (text[0] == '@')
        n->to.sun_path[0] = '\0';
    n->to_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    return true;
}

static bool open_socket(struct notifier *n, struct error *e)
{
    const struct timeval patience = {.tv_sec = 1};

    n->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (n->fd < 0)
        return error_set(e, ERROR_FAILURE, "cannot open a socket to the service manager: %s",
                         strerror(errno));
    setsockopt(n->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    return true;
}

static bool read_watchdog(struct notifier *n, const char *usec, const char *pid_text,
                          struct error *e)
{
    int64_t pid = getpid();

    if (!usec)
        return true;
    if (pid_text && (!parse_int64(slice_from(pid_text), &pid) || pid <= 0))
        return error_set(e, ERROR_USAGE,
                         "WATCHDOG_PID in the environment is \"%s\", which is not a number of a "
                         "process",
                         pid_text);
    if (!parse_int64(slice_from(usec), &n->watchdog_us) || n->watchdog_us <= 0)
        return error_set(e, ERROR_USAGE,
                         "WATCHDOG_USEC in the environment is \"%s\", which is not a number of "
                         "microseconds",
                         usec);
    if (pid != getpid())
        n->watchdog_us = 0;
    return true;
}

bool notify_open(struct notifier *n, struct error *e)
{
    const char *address = getenv("NOTIFY_SOCKET");
    bool ok = true;

    *n = (struct notifier){.fd = -1};
    if (address && address[0])
        ok = read_address(n, address, e) &&
             read_watchdog(n, getenv("WATCHDOG_USEC"), getenv("WATCHDOG_PID"), e) &&
             open_socket(n, e);
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
    return ok;
}

void notify_close(struct notifier *n)
{
    if (n->fd >= 0)
        close(n->fd);
    n->fd = -1;
}

void notify_send(const struct notifier *n, const char *format, ...)
{
    char text[MESSAGE_MAX];
    va_list arguments;
    int len;

    if (n->fd < 0)
        return;
    va_start(arguments, format);
    len = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (len >= (int)sizeof text)
        len = (int)sizeof text - 1; /* a long STATUS= loses its tail */
    if (sendto(n->fd, text, (size_t)len, MSG_NOSIGNAL, (const struct sockaddr *)&n->to, n->to_len) <
        0)
        log_say(LOG_WARN, "the service manager does not take a message: %s", strerror(errno));
}

void notify_reloading(const struct notifier *n)
{
    notify_send(n, "RELOADING=1\nMONOTONIC_USEC=%lld\nSTATUS=reloading", (long long)clock_us());
}
