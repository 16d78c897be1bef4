/*
 * The limit: an epoll loop for each core that answers a constant and parses nothing but the end
 * of the head. Nothing that speaks HTTP over these sockets can be much faster.
 *
 *   limit PORT LOOPS ANSWER
 *
 * ANSWER is a file: the bytes that thimble answers the same request with.
 *
 * SPDX-License-Identifier: MIT
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static char answer[1 << 20];
static size_t answer_len;
static int port;

static int listen_on(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;

    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 4096) != 0) {
        perror("limit");
        exit(1);
    }
    return fd;
}

static void accept_all(int epoll_fd, int listen_fd)
{
    int fd, one = 1;

    while ((fd = accept4(listen_fd, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.fd = fd};

        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event);
    }
}

static void *loop(void *unused)
{
    int listen_fd = listen_on(), epoll_fd = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listen_fd}, events[512];
    char buffer[16384];
    (void)unused;

    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, listen_fd, &event);
    for (;;) {
        int ready = epoll_wait(epoll_fd, events, 512, -1);

        for (int i = 0; i < ready; i++) {
            int fd = events[i].data.fd;
            ssize_t n;

            if (fd == listen_fd) {
                accept_all(epoll_fd, listen_fd);
                continue;
            }
            n = recv(fd, buffer, sizeof buffer, 0);
            if (n == 0 || (n < 0 && errno != EAGAIN))
                close(fd);
            else if (n >= 4 && memcmp(buffer + n - 4, "\r\n\r\n", 4) == 0)
                send(fd, answer, answer_len, MSG_NOSIGNAL);
        }
    }
    return NULL;
}

int main(int argc, char **argv)
{
    int loops = argc > 2 ? atoi(argv[2]) : 1;
    FILE *file = argc > 3 ? fopen(argv[3], "rb") : NULL;
    pthread_t thread;

    if (!file || (answer_len = fread(answer, 1, sizeof answer, file)) == 0) {
        fprintf(stderr, "limit PORT LOOPS ANSWER\n");
        return 2;
    }
    port = argc > 1 ? atoi(argv[1]) : 8080;
    for (int i = 1; i < loops; i++)
        pthread_create(&thread, NULL, loop, NULL);
    loop(NULL);
    return 0;
}
