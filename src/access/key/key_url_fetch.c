/*
 * One GET, by HTTP/1.0: the answer ends with its connection, in one piece (RFC 1945).
 *
 * SPDX-License-Identifier: MIT
 */
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "access/key/key_url.h"
#include "access/address/nearness.h"
#include "base/clock.h"

#define READ_SIZE ((size_t)4096)
#define HEAD_MAX  ((size_t)16 << 10)

/* How soon a wait sees that it is to stop. */
#define LOOK_MS 200

struct fetch {
    const struct key_url *url;
    int64_t deadline_us;
    const _Atomic bool *stopping;
    int fd;
    struct error *e;
};

static bool fetch_fault(const struct fetch *f, const char *doing)
{
    return error_set(f->e, ERROR_FAILURE, "%s %s: %s", doing, f->url->host, strerror(errno));
}

/* Until the socket is ready for `events`. */
static bool wait_for(const struct fetch *f, short events)
{
    struct pollfd poll_fd = {.fd = f->fd, .events = events};

    for (;;) {
        int n = poll(&poll_fd, 1, LOOK_MS);

        if (n > 0)
            return true;
        if (n < 0 && errno != EINTR)
            return fetch_fault(f, "waiting for");
        if (atomic_load_explicit(f->stopping, memory_order_relaxed))
            return error_set(f->e, ERROR_FAILURE, "the process is to end");
        if (clock_us() >= f->deadline_us)
            return error_set(f->e, ERROR_FAILURE, "%s does not answer in time", f->url->host);
    }
}

static bool connect_to(struct fetch *f, const struct sockaddr *address, socklen_t len)
{
    socklen_t size = sizeof errno;
    int failure = 0;

    f->fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (f->fd < 0)
        return fetch_fault(f, "a socket for");
    if (connect(f->fd, address, len) == 0)
        return true;
    if (errno != EINPROGRESS)
        return fetch_fault(f, "connecting to");
    if (!wait_for(f, POLLOUT))
        return false;
    if (getsockopt(f->fd, SOL_SOCKET, SO_ERROR, &failure, &size) != 0 || failure == 0)
        return true;
    errno = failure;
    return fetch_fault(f, "connecting to");
}

static bool connect_unix(struct fetch *f)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    memcpy(address.sun_path, f->url->host, strlen(f->url->host) + 1); /* key_url_read measured it */
    return connect_to(f, (const struct sockaddr *)&address, sizeof address);
}

static bool is_near(const struct sockaddr *address)
{
    struct address a = address_of(address);

    return nearness_of(&a) != NEAR_ANY;
}

/* The first address that the name means; all of them must be near, for the next answer may be in
 * another order. */
static bool connect_ip(struct fetch *f)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    int rc = getaddrinfo(f->url->host, f->url->port, &hints, &found);
    bool ok = false;

    if (rc != 0)
        return error_set(f->e, ERROR_FAILURE, "%s: %s", f->url->host, gai_strerror(rc));
    for (const struct addrinfo *a = found; a; a = a->ai_next) {
        ok = is_near(a->ai_addr);
        if (!ok)
            break;
    }
    if (ok)
        ok = connect_to(f, found->ai_addr, found->ai_addrlen);
    else
        error_set(f->e, ERROR_FAILURE,
                  "%s is neither this machine nor on a private network: keys are fetched by plain "
                  "http, which anybody on the way could change",
                  f->url->host);
    freeaddrinfo(found);
    return ok;
}

static bool send_all(const struct fetch *f, struct slice text)
{
    while (text.len > 0) {
        ssize_t n = send(f->fd, text.data, text.len, MSG_NOSIGNAL);

        if (n > 0)
            text = slice_after(text, (size_t)n);
        else if (errno != EAGAIN && errno != EINTR)
            return fetch_fault(f, "sending to");
        else if (!wait_for(f, POLLOUT))
            return false;
    }
    return true;
}

static bool send_request(const struct fetch *f)
{
    bool is_unix = f->url->port[0] == '\0', is_ipv6 = strchr(f->url->host, ':') != NULL;
    char text[KEY_URL_PATH + KEY_URL_HOST + 128];
    struct buf request = {.data = text, .cap = sizeof text, .max = sizeof text};

    buf_addf(&request, "GET %s HTTP/1.0\r\nHost: ", f->url->path);
    if (is_unix)
        buf_add_text(&request, "localhost");
    else
        buf_addf(&request, is_ipv6 ? "[%s]:%s" : "%s:%s", f->url->host, f->url->port);
    buf_add_text(&request, "\r\nAccept: application/json\r\nUser-Agent: thimble\r\n\r\n");
    return send_all(f, buf_slice(&request));
}

static bool read_answer(const struct fetch *f, struct buf *answer)
{
    for (;;) {
        char *to = buf_reserve(answer, READ_SIZE);
        ssize_t n;

        if (!to)
            return error_set(f->e, ERROR_FAILURE, "the answer of %s is over %zu bytes",
                             f->url->host, answer->max);
        n = recv(f->fd, to, READ_SIZE, 0);
        if (n == 0)
            return true;
        if (n > 0)
            answer->len += (size_t)n;
        else if (errno != EAGAIN && errno != EINTR)
            return fetch_fault(f, "reading from");
        else if (!wait_for(f, POLLIN))
            return false;
    }
}

/* The status line, and where the body begins: nothing else of the header is needed. */
static bool take_body(const struct fetch *f, struct slice answer, struct buf *body)
{
    static const struct slice begin = SLICE_LITERAL("HTTP/1."), ok = SLICE_LITERAL(" 200");
    const char *end = memmem(answer.data, answer.len, "\r\n\r\n", 4);
    bool is_http = slice_begins(answer, begin) && answer.len > begin.len + 1 && end;

    if (!is_http)
        return error_set(f->e, ERROR_FAILURE, "%s does not answer as HTTP does", f->url->host);
    if (!slice_begins(slice_after(answer, begin.len + 1), ok))
        return error_set(f->e, ERROR_FAILURE, "%s answers %.*s, not 200", f->url->host,
                         SLICE_ARG(slice_first(slice_after(answer, begin.len + 2), 3)));
    end += 4;
    buf_add(body, end, (size_t)(answer.data + answer.len - end));
    return !body->failed || error_set(f->e, ERROR_FAILURE, "the answer of %s is over %zu bytes",
                                      f->url->host, body->max);
}

bool key_url_fetch(const struct key_url *url, int64_t deadline_us, const _Atomic bool *stopping,
                   struct buf *body, struct error *e)
{
    struct fetch f = {
        .url = url, .deadline_us = deadline_us, .stopping = stopping, .fd = -1, .e = e};
    struct buf answer;
    bool ok;

    buf_init(&answer, body->max + HEAD_MAX);
    ok = (url->port[0] ? connect_ip(&f) : connect_unix(&f)) && send_request(&f) &&
         read_answer(&f, &answer) && take_body(&f, buf_slice(&answer), body);
    buf_finish(&answer);
    if (f.fd >= 0)
        close(f.fd);
    return ok;
}
