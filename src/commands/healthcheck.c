/*
 * For a container without a shell: is the server ready? Asked where its probes are.
 *
 * SPDX-License-Identifier: MIT
 */
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "commands/command_output.h"
#include "commands/command_run.h"

/* For all of it: connecting, asking, being answered. */
#define TIMEOUT_US 2000000

static bool late(struct error *e)
{
    return error_set(e, ERROR_FAILURE, "the server did not answer within %d s",
                     TIMEOUT_US / 1000000);
}

static bool wait_for(int fd, short events, int64_t deadline_us, struct error *e)
{
    struct pollfd p = {.fd = fd, .events = events};
    int64_t left = deadline_us - clock_us();

    if (left <= 0)
        return late(e);
    if (poll(&p, 1, (int)(left / 1000) + 1) <= 0)
        return late(e);
    return true;
}

static bool connect_to(int fd, const struct sockaddr *sa, socklen_t len, int64_t deadline_us,
                       struct error *e)
{
    int failure = 0;
    socklen_t size = sizeof failure;

    if (connect(fd, sa, len) == 0)
        return true;
    if (errno != EINPROGRESS)
        return error_set(e, ERROR_FAILURE, "cannot connect: %s", strerror(errno));
    if (!wait_for(fd, POLLOUT, deadline_us, e))
        return false;
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &size);
    if (!failure)
        return true;
    return error_set(e, ERROR_FAILURE, "cannot connect: %s", strerror(failure));
}

static int open_unix(const char *path, int64_t deadline_us, struct error *e)
{
    struct sockaddr_un sun = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    snprintf(sun.sun_path, sizeof sun.sun_path, "%s", path);
    if (connect_to(fd, (struct sockaddr *)&sun, sizeof sun, deadline_us, e))
        return fd;
    close(fd);
    return -1;
}

/* The address without its port and its brackets; one that means "all" is asked on the loopback. */
static bool host_of(const char *address, const char *colon, char host[64])
{
    if (!colon || colon - address >= 64)
        return false;
    snprintf(host, 64, "%.*s", (int)(colon - address), address);
    if (host[0] == '[') {
        memmove(host, host + 1, strlen(host));
        host[strcspn(host, "]")] = '\0';
    }
    if (!host[0] || strcmp(host, "0.0.0.0") == 0)
        snprintf(host, 64, "127.0.0.1");
    else if (strcmp(host, "::") == 0)
        snprintf(host, 64, "::1");
    return true;
}

static int connect_any(const struct addrinfo *ai, int64_t deadline_us, struct error *e)
{
    int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    if (connect_to(fd, ai->ai_addr, ai->ai_addrlen, deadline_us, e))
        return fd;
    close(fd);
    return -1;
}

/* An address that means "all" is asked on the loopback. */
static int open_tcp(const char *address, const char *flag, int64_t deadline_us, struct error *e)
{
    struct addrinfo hints = {.ai_flags = AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
    struct addrinfo *ai = NULL;
    const char *colon = strrchr(address, ':');
    char host[64];
    bool ok = host_of(address, colon, host);
    int fd;

    if (ok)
        ok = getaddrinfo(host, colon + 1, &hints, &ai) == 0;
    if (!ok) {
        error_set(e, ERROR_USAGE, "--%s: \"%s\" is not an address", flag, address);
        return -1;
    }
    fd = connect_any(ai, deadline_us, e);
    freeaddrinfo(ai);
    return fd;
}

/* Reads until the server closes. */
static bool read_answer(int fd, int64_t deadline_us, char *out, size_t size, struct error *e)
{
    size_t got = 0;

    for (;;) {
        ssize_t n;

        if (got + 1 == size)
            return true;
        if (!wait_for(fd, POLLIN, deadline_us, e))
            return false;
        n = recv(fd, out + got, size - 1 - got, 0);
        if (n <= 0)
            break;
        got += (size_t)n;
    }
    if (got > 0)
        return true;
    return error_set(e, ERROR_FAILURE, "the server closed the connection");
}

/* The first check that failed, as /readyz names it. */
static bool tell(const char *answer, struct error *e)
{
    const char *line = strstr(answer, "[-]");
    size_t status = strcspn(answer, "\r\n");

    if (line)
        return error_set(e, ERROR_FAILURE, "%.*s", (int)strcspn(line + 3, "\n"), line + 3);
    return error_set(e, ERROR_FAILURE, "the server answered %.*s", (int)(status > 60 ? 60 : status),
                     answer);
}

static bool ask_ready(int fd, int64_t deadline_us, struct error *e)
{
    static const char request[] =
        "GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    static const char well[] = "HTTP/1.1 200";
    char answer[4096] = "";

    if (!wait_for(fd, POLLOUT, deadline_us, e))
        return false;
    if (send(fd, request, sizeof request - 1, MSG_NOSIGNAL) != (ssize_t)sizeof request - 1)
        return error_set(e, ERROR_FAILURE, "cannot send: %s", strerror(errno));
    if (!read_answer(fd, deadline_us, answer, sizeof answer, e))
        return false;
    if (strncmp(answer, well, strlen(well)) == 0)
        return true;
    return tell(answer, e);
}

/* Where its probes are: the operators' listener, if there is one. */
static int open_server(const char *address, const char *flag, int64_t deadline_us, struct error *e)
{
    static const char prefix[] = "unix:";
    size_t len = sizeof prefix - 1;

    if (strncmp(address, prefix, len) == 0)
        return open_unix(address + len, deadline_us, e);
    return open_tcp(address, flag, deadline_us, e);
}

static bool ask_server(const char *address, const char *flag, struct error *e)
{
    int64_t deadline_us = clock_us() + TIMEOUT_US;
    int fd = open_server(address, flag, deadline_us, e);
    bool ok;

    if (fd < 0)
        return false;
    ok = ask_ready(fd, deadline_us, e);
    close(fd);
    return ok;
}

int command_healthcheck(const struct config *config, int n_words, char **words)
{
    const char *address = config->listen, *flag = "listen";
    struct error e = error_none(), shown = error_none();
    (void)n_words, (void)words;

    if (config->metrics_listen[0]) {
        address = config->metrics_listen;
        flag = "metrics-listen";
    }
    if (ask_server(address, flag, &e))
        return EXIT_DONE;
    if (!error_is_set(&e))
        e.code = ERROR_FAILURE;
    error_set(&shown, e.code, "healthcheck of %s: %s", address, e.message);
    return command_fail(&shown);
}
