/*
 * The library's limit: libmicrohttpd as thimble builds and runs it, with a constant to answer. What it
 * costs beside limit.c is the price of HTTP; what thimble costs beside it is thimble.
 *
 *   microhttpd PORT LOOPS ANSWER
 *
 * ANSWER is a file: what thimble answers the same request with. Its fields and its body are the answer.
 *
 * SPDX-License-Identifier: MIT
 */
#include <arpa/inet.h>
#include <microhttpd.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#define ANSWER_MAX  (1 << 20)
#define CONNECTIONS 10000
#define POOL_BYTES  (32 << 10) /* thimble's: --max-url, --max-headers and 8 kB */
#define IDLE_S      60

static struct MHD_Response *response;
static int port;

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static int listen_on(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;

    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 4096) != 0)
        die("listen");
    return fd;
}

/* Not on the first call of a request: the connection would be closed after it. */
static enum MHD_Result answer(void *unused, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *body,
                              size_t *body_len, void **request)
{
    (void)unused, (void)url, (void)method, (void)version, (void)body, (void)body_len;
    if (!*request) {
        *request = &response;
        return MHD_YES;
    }
    return MHD_queue_response(connection, MHD_HTTP_OK, response);
}

static void *loop(void *unused)
{
    unsigned flags = MHD_USE_EPOLL | MHD_USE_NO_THREAD_SAFETY | MHD_ALLOW_SUSPEND_RESUME;
    struct MHD_Daemon *daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, answer, NULL, MHD_OPTION_LISTEN_SOCKET, listen_on(),
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)POOL_BYTES, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S,
        MHD_OPTION_CLIENT_DISCIPLINE_LVL, 1, MHD_OPTION_END);
    const union MHD_DaemonInfo *info;
    struct pollfd fd;

    (void)unused;
    info = daemon ? MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
    if (!info)
        die("libmicrohttpd");
    fd = (struct pollfd){.fd = info->epoll_fd, .events = POLLIN};
    for (;;) {
        poll(&fd, 1, MHD_get_timeout_i(daemon));
        MHD_run(daemon);
    }
    return NULL;
}

/* Those that libmicrohttpd does not write by itself. */
static void take_field(char *line)
{
    char *colon = strstr(line, ": ");

    if (!colon || strncasecmp(line, "Date:", 5) == 0 ||
        strncasecmp(line, "Content-Length:", 15) == 0 || strncasecmp(line, "Connection:", 11) == 0)
        return;
    *colon = '\0';
    MHD_add_response_header(response, line, colon + 2);
}

static void read_answer(const char *path)
{
    static char text[ANSWER_MAX];
    FILE *file = fopen(path, "rb");
    size_t len = file ? fread(text, 1, sizeof text - 1, file) : 0;
    char *body = strstr(text, "\r\n\r\n"), *line = strstr(text, "\r\n");

    if (len == 0 || !body)
        die(path);
    *body = '\0';
    body += 4;
    response =
        MHD_create_response_from_buffer((size_t)(text + len - body), body, MHD_RESPMEM_PERSISTENT);
    while (line && line < body - 4) {
        char *next = strstr(line + 2, "\r\n");

        if (next)
            *next = '\0';
        take_field(line + 2);
        line = next;
    }
}

int main(int argc, char **argv)
{
    pthread_t thread;

    if (argc < 4) {
        fprintf(stderr, "microhttpd PORT LOOPS ANSWER\n");
        return 2;
    }
    port = atoi(argv[1]);
    read_answer(argv[3]);
    for (int i = atoi(argv[2]); i > 1; i--)
        pthread_create(&thread, NULL, loop, NULL);
    loop(NULL);
    return 0;
}
