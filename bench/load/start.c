/*
 * How long from exec to the first 200: forks, executes a server on the cores given, asks it until
 * it answers, prints the milliseconds, and ends the server.
 *
 *   start CORES PORT PATH COMMAND...     CORES: 0,1
 *
 * The clock starts in the child, right before exec. SPDX-License-Identifier: MIT
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LIMIT_NS 30000000000

static int64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void run(char **command, char *cores, volatile int64_t *begin)
{
    cpu_set_t set;
    int null = open("/dev/null", O_WRONLY);

    CPU_ZERO(&set);
    for (char *core = strtok(cores, ","); core; core = strtok(NULL, ","))
        CPU_SET(atoi(core), &set);
    sched_setaffinity(0, sizeof set, &set);
    setpgid(0, 0);
    dup2(null, 1);
    dup2(null, 2);
    *begin = now_ns();
    execvp(command[0], command);
    _exit(127);
}

static bool answers(int port, const char *path)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct timeval patience = {.tv_sec = 5};
    char buffer[2048];
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    ssize_t n = 0;

    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0) {
        snprintf(buffer, sizeof buffer, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", path);
        if (send(fd, buffer, strlen(buffer), MSG_NOSIGNAL) > 0)
            n = recv(fd, buffer, sizeof buffer, 0);
    }
    close(fd);
    return n > 12 && memcmp(buffer + 9, "200", 3) == 0;
}

int main(int argc, char **argv)
{
    volatile int64_t *begin =
        mmap(NULL, sizeof *begin, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int64_t start = now_ns(), end = 0;
    int port = argc > 4 ? atoi(argv[2]) : 0, status;
    pid_t pid;

    if (port == 0) {
        fprintf(stderr, "start CORES PORT PATH COMMAND...\n");
        return 2;
    }
    pid = fork();
    if (pid == 0)
        run(argv + 4, argv[1], begin);
    while (end == 0 && now_ns() - start < LIMIT_NS && waitpid(pid, &status, WNOHANG) == 0) {
        if (answers(port, argv[3]))
            end = now_ns();
        else
            usleep(50);
    }
    kill(-pid, end ? SIGTERM : SIGKILL);
    for (int i = 0; i < 500 && waitpid(pid, &status, WNOHANG) == 0; i++)
        usleep(10000);
    kill(-pid, SIGKILL);
    if (end == 0) {
        fprintf(stderr, "start: no answer\n");
        return 1;
    }
    printf("%.3f\n", (double)(end - *begin) / 1e6);
    return 0;
}
