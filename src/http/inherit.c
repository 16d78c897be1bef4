/* SPDX-License-Identifier: MIT */
#include "http/inherit.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/parse.h"
#include "http/listen.h"

#define FIRST_FD 3 /* SD_LISTEN_FDS_START */

static bool bad_number(const char *name, const char *text, struct error *e)
{
    return error_set(e, ERROR_USAGE, "%s in the environment is \"%s\", which is not a number of %s",
                     name, text, strcmp(name, "LISTEN_PID") == 0 ? "a process" : "sockets");
}

/* How many are for this process. */
static bool read_count(int64_t *count, struct error *e)
{
    const char *pid_text = getenv("LISTEN_PID"), *count_text = getenv("LISTEN_FDS");
    int64_t pid;

    *count = 0;
    if (!pid_text || !count_text)
        return true;
    if (!parse_int64(slice_from(pid_text), &pid) || pid <= 0)
        return bad_number("LISTEN_PID", pid_text, e);
    if (pid != getpid())
        return true;
    if (!parse_int64(slice_from(count_text), count) || *count < 0)
        return bad_number("LISTEN_FDS", count_text, e);
    if (*count > INHERIT_MAX)
        return error_set(e, ERROR_USAGE, "LISTEN_FDS passes %s sockets; %d are the most",
                         count_text, INHERIT_MAX);
    return true;
}

static int socket_option(int fd, int name)
{
    int value = -1;
    socklen_t len = sizeof value;

    if (getsockopt(fd, SOL_SOCKET, name, &value, &len) == 0)
        return value;
    return -1;
}

static bool check(int fd, struct error *e)
{
    int family = socket_option(fd, SO_DOMAIN);

    if (fcntl(fd, F_GETFD) < 0)
        return error_set(e, ERROR_FAILURE, "LISTEN_FDS passes descriptor %d, which is not open",
                         fd);
    if (socket_option(fd, SO_TYPE) != SOCK_STREAM || socket_option(fd, SO_ACCEPTCONN) != 1 ||
        (family != AF_INET && family != AF_INET6 && family != AF_UNIX))
        return error_set(e, ERROR_FAILURE,
                         "LISTEN_FDS passes descriptor %d, which is not a listening stream socket "
                         "(ListenStream= with Accept=no)",
                         fd);
    return true;
}

bool inherit_take(struct inherited *in, struct error *e)
{
    int64_t count;
    bool ok = read_count(&count, e);

    in->count = 0;
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
    for (int i = 0; ok && i < (int)count; i++) {
        ok = check(FIRST_FD + i, e);
        if (!ok)
            break;
        fcntl(FIRST_FD + i, F_SETFD, FD_CLOEXEC);
        in->fds[in->count++] = FIRST_FD + i;
    }
    return ok;
}

void inherit_close(struct inherited *in)
{
    while (in->count)
        close(in->fds[--in->count]);
}

/* The socket's address as people write it; an abstract one begins with @. */
static void write_url(int fd, char *out, size_t size)
{
    union {
        struct sockaddr any;
        struct sockaddr_un un;
        struct sockaddr_storage storage;
    } at;
    socklen_t len = sizeof at;
    char host[64] = "", port[8] = "";

    memset(&at, 0, sizeof at);
    if (getsockname(fd, &at.any, &len) != 0)
        len = 0;
    if (at.any.sa_family == AF_UNIX) {
        bool abstract = !at.un.sun_path[0];

        snprintf(out, size, "unix:%s%.*s", abstract ? "@" : "",
                 (int)sizeof at.un.sun_path - abstract, at.un.sun_path + abstract);
        return;
    }
    getnameinfo(&at.any, len, host, sizeof host, port, sizeof port,
                NI_NUMERICHOST | NI_NUMERICSERV);
    if (strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0)
        snprintf(host, sizeof host, "127.0.0.1");
    snprintf(out, size, strchr(host, ':') ? "http://[%s]:%s" : "http://%s:%s", host, port);
}

bool inherit_listen(const struct inherited *in, struct listen *l, size_t count, struct error *e)
{
    *l = (struct listen){.fds = malloc(count * sizeof(int)), .count = count};
    if (!l->fds)
        return error_set(e, ERROR_MEMORY, "out of memory");
    for (size_t i = 0; i < count; i++)
        l->fds[i] = fcntl(in->fds[i % in->count], F_DUPFD_CLOEXEC, 0);
    for (size_t i = 0; i < count; i++) {
        if (l->fds[i] < 0) {
            listen_close(l);
            return error_set(e, ERROR_FAILURE, "cannot share a passed socket: %s", strerror(errno));
        }
    }
    write_url(in->fds[0], l->url, sizeof l->url);
    return true;
}
