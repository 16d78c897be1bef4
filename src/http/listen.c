/* SPDX-License-Identifier: MIT */
#include "http/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/parse.h"

#define BACKLOG 4096 /* the kernel lowers it to net.core.somaxconn */

static bool fail(struct error *e, const char *address, int cause)
{
    switch (cause) {
    case EADDRINUSE:
        return error_set(e, ERROR_FAILURE,
                         "%s is in use: stop the other server or choose another address (--listen, "
                         "--metrics-listen)",
                         address);
    case EACCES:
        return error_set(e, ERROR_FAILURE,
                         "not allowed to listen on %s: ports below 1024 need a privilege, choose "
                         "another (--listen, --metrics-listen)",
                         address);
    case EADDRNOTAVAIL:
        return error_set(e, ERROR_FAILURE, "%s is not an address of this machine", address);
    default:
        return error_set(e, ERROR_FAILURE, "cannot listen on %s: %s", address, strerror(cause));
    }
}

/* Splits HOST:PORT; host "" is every address. */
static bool split(const char *address, char host[64], char port[8], struct error *e)
{
    const char *colon = strrchr(address, ':');
    size_t len = colon ? (size_t)(colon - address) : 0;
    int64_t number;

    if (colon && len >= 2 && address[0] == '[' && address[len - 1] == ']') {
        address++;
        len -= 2;
    }
    if (!colon || len >= 64 || !colon[1] || strlen(colon + 1) >= 8 ||
        !parse_int64(slice_from(colon + 1), &number) || number < 0 || number > 65535 ||
        colon[1] == '+')
        return error_set(e, ERROR_USAGE,
                         "\"%s\" is not an address to listen on: ADDR:PORT, :PORT or unix:PATH",
                         address);
    snprintf(host, 64, "%.*s", (int)len, address);
    snprintf(port, 8, "%s", colon + 1);
    return true;
}

static int open_tcp(const struct addrinfo *ai, bool share)
{
    static const int on = 1, off = 0;
    int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int saved;

    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (ai->ai_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (share)
        setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    if (bind(fd, ai->ai_addr, ai->ai_addrlen) == 0 && (!share || listen(fd, BACKLOG) == 0))
        return fd;
    saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

/* With SO_REUSEPORT a second server would bind in silence: ask once without it. */
static bool port_is_free(const struct addrinfo *ai)
{
    int fd = open_tcp(ai, false);

    if (fd < 0)
        return false;
    close(fd);
    return true;
}

static void set_port(struct addrinfo *ai, in_port_t port)
{
    if (ai->ai_family == AF_INET6)
        ((struct sockaddr_in6 *)(void *)ai->ai_addr)->sin6_port = port;
    else
        ((struct sockaddr_in *)(void *)ai->ai_addr)->sin_port = port;
}

static in_port_t bound_port(int fd)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } bound;
    socklen_t len = sizeof bound;

    memset(&bound, 0, sizeof bound);
    if (getsockname(fd, &bound.any, &len) != 0)
        return 0;
    if (bound.any.sa_family == AF_INET6)
        return bound.v6.sin6_port;
    return bound.v4.sin_port;
}

static void write_url(struct listen *l, const char *host)
{
    const char *shown =
        host[0] && strcmp(host, "0.0.0.0") && strcmp(host, "::") ? host : "127.0.0.1";

    snprintf(l->url, sizeof l->url, strchr(shown, ':') ? "http://[%s]:%u" : "http://%s:%u", shown,
             (unsigned)ntohs(bound_port(l->fds[0])));
}

static bool open_all(struct listen *l, struct addrinfo *ai, const char *address, struct error *e)
{
    if (!port_is_free(ai))
        return fail(e, address, errno);
    for (size_t i = 0; i < l->count; i++) {
        l->fds[i] = open_tcp(ai, true);
        if (l->fds[i] < 0)
            return fail(e, address, errno);
        if (i == 0)
            set_port(ai, bound_port(l->fds[0]));
    }
    return true;
}

static bool listen_tcp(struct listen *l, const char *address, struct error *e)
{
    struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
    struct addrinfo *ai = NULL;
    char host[64], port[8];
    bool ok;

    if (!split(address, host, port, e))
        return false;
    if (!host[0])
        hints.ai_family = AF_INET6; /* "::" takes IPv4 as well */
    if (getaddrinfo(host[0] ? host : "::", port, &hints, &ai) != 0)
        return error_set(e, ERROR_USAGE, "\"%s\" is not an address to listen on", address);
    ok = open_all(l, ai, address, e);
    if (!ok && !host[0] && l->fds[0] < 0 && errno == EAFNOSUPPORT) { /* a kernel without IPv6 */
        freeaddrinfo(ai);
        error_clear(e);
        hints.ai_family = AF_INET;
        if (getaddrinfo("0.0.0.0", port, &hints, &ai) != 0)
            return error_set(e, ERROR_FAILURE, "cannot listen on %s", address);
        ok = open_all(l, ai, address, e);
    }
    if (ok && l->count)
        write_url(l, host);
    freeaddrinfo(ai);
    return ok;
}

/* A socket left behind by a server that died refuses connections: that one may go. */
static bool remove_stale(const struct sockaddr_un *sun)
{
    struct stat st;
    int fd;
    bool stale;

    if (lstat(sun->sun_path, &st) != 0 || !S_ISSOCK(st.st_mode))
        return false;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    stale = fd >= 0 && connect(fd, (const struct sockaddr *)sun, sizeof *sun) != 0 &&
            errno == ECONNREFUSED;
    if (fd >= 0)
        close(fd);
    return stale && unlink(sun->sun_path) == 0;
}

/* 0, or the errno. */
static int bind_unix(int fd, const struct sockaddr_un *sun)
{
    const struct sockaddr *sa = (const struct sockaddr *)sun;

    fchmod(fd, S_IRUSR | S_IWUSR); /* unix(7): the mode of what bind makes, less the umask */
    if (bind(fd, sa, sizeof *sun) == 0)
        return 0;
    if (errno != EADDRINUSE)
        return errno;
    return remove_stale(sun) && bind(fd, sa, sizeof *sun) == 0 ? 0 : EADDRINUSE;
}

static bool name_unix(struct sockaddr_un *sun, const char *path, struct error *e)
{
    *sun = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (!path[0] || strlen(path) >= sizeof sun->sun_path)
        return error_set(e, ERROR_USAGE, "unix:%s is not a path of 1 to %zu bytes", path,
                         sizeof sun->sun_path - 1);
    memcpy(sun->sun_path, path, strlen(path));
    return true;
}

/* Could a socket be made in its folder? */
static bool check_unix(const char *path, struct error *e)
{
    struct sockaddr_un sun;
    bool named = name_unix(&sun, path, e);
    char *slash = strrchr(sun.sun_path, '/');

    if (!named || !slash || slash == sun.sun_path)
        return named;
    *slash = '\0';
    return access(sun.sun_path, W_OK | X_OK) == 0 ||
           error_set(e, ERROR_FAILURE, "cannot listen on unix:%s: %s", path, strerror(errno));
}

static bool listen_unix(struct listen *l, const char *path, struct error *e)
{
    struct sockaddr_un sun;
    int fd, cause;

    if (!name_unix(&sun, path, e))
        return false;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return fail(e, path, errno);
    l->fds[0] = fd;
    cause = bind_unix(fd, &sun);
    if (cause == EADDRINUSE)
        return fail(e, path, cause);
    if (cause)
        return error_set(e, ERROR_FAILURE, "cannot listen on unix:%s: %s", path, strerror(cause));
    memcpy(l->unlink_path, sun.sun_path, sizeof l->unlink_path);
    if (listen(fd, BACKLOG) != 0)
        return fail(e, path, errno);
    for (size_t i = 1; i < l->count; i++) {
        l->fds[i] = fcntl(fd, F_DUPFD_CLOEXEC, 0);
        if (l->fds[i] < 0)
            return fail(e, path, errno);
    }
    snprintf(l->url, sizeof l->url, "unix:%s", path);
    return true;
}

bool listen_check(const char *address, struct error *e)
{
    struct listen l;

    if (strncmp(address, "unix:", 5) == 0)
        return check_unix(address + 5, e);
    /* None is opened, only bound: a client must not connect to what is closed again at once. */
    if (!listen_open(&l, address, 0, e))
        return false;
    listen_close(&l);
    return true;
}

bool listen_open(struct listen *l, const char *address, size_t count, struct error *e)
{
    bool ok;

    *l = (struct listen){.fds = malloc((count + 1) * sizeof(int)), .count = count};
    if (!l->fds)
        return error_set(e, ERROR_MEMORY, "out of memory");
    for (size_t i = 0; i <= count; i++)
        l->fds[i] = -1;
    ok = strncmp(address, "unix:", 5) == 0 ? listen_unix(l, address + 5, e)
                                           : listen_tcp(l, address, e);
    if (!ok)
        listen_close(l);
    return ok;
}

bool listen_set_mode(const struct listen *l, unsigned mode, struct error *e)
{
    if (!l->unlink_path[0] || chmod(l->unlink_path, mode) == 0)
        return true;
    return error_set(e, ERROR_FAILURE, "cannot set the permissions of %s: %s", l->unlink_path,
                     strerror(errno));
}

void listen_close(struct listen *l)
{
    for (size_t i = 0; l->fds && i < l->count; i++) {
        if (l->fds[i] >= 0)
            close(l->fds[i]);
    }
    free(l->fds);
    l->fds = NULL;
    if (l->unlink_path[0])
        unlink(l->unlink_path);
    l->unlink_path[0] = '\0';
}
