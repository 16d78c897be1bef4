/* SPDX-License-Identifier: MIT */
#include "base/log_sink.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

/* What a reader may be behind. */
#define RING ((size_t)256 << 10)

/* "N lines were dropped", as a line. */
#define NOTICE_MAX 160

/* How stderr is written. */
enum way {
    WAY_PLAIN,   /* a file, a terminal, before log_open: by write */
    WAY_PIPE,    /* by a description of its own of the pipe, which does not wait */
    WAY_SOCKET,  /* by a send that does not wait */
    WAY_THREADED /* a pipe that this process may not open: by the thread alone */
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t filled, emptied;
    enum way way;
    int fd;
    bool thread;         /* it runs */
    size_t begin, len;   /* of what waits in the ring */
    uint64_t unreported; /* lines dropped since the last that was written */
} sink = {.lock = PTHREAD_MUTEX_INITIALIZER,
          .filled = PTHREAD_COND_INITIALIZER,
          .emptied = PTHREAD_COND_INITIALIZER,
          .fd = STDERR_FILENO};

/* What waits. Apart from the rest, whose first values would put it into the file of the program. */
static char ring[RING];

static _Atomic uint64_t dropped;

/* ---- the ring, under the lock */

static void ring_add(const char *line, size_t len)
{
    size_t end = (sink.begin + sink.len) % RING;
    size_t first = len < RING - end ? len : RING - end;

    memcpy(ring + end, line, first);
    memcpy(ring, line + first, len - first);
    sink.len += len;
}

/* The next whole lines of it, as many as a pipe takes in one piece (PIPE_BUF); one is never longer. */
static size_t ring_next(char piece[LOG_LINE_MAX])
{
    size_t len = sink.len < LOG_LINE_MAX ? sink.len : LOG_LINE_MAX;
    size_t first = len < RING - sink.begin ? len : RING - sink.begin;
    const char *end;

    memcpy(piece, ring + sink.begin, first);
    memcpy(piece + first, ring, len - first);
    end = memrchr(piece, '\n', len);
    return end ? (size_t)(end + 1 - piece) : len;
}

static void ring_forget(size_t len)
{
    sink.begin = (sink.begin + len) % RING;
    sink.len -= len;
}

/* ---- the thread, which may wait */

/* True if something of it was written; false if it never will be. */
static bool write_some(const char *piece, size_t len, size_t *written)
{
    ssize_t n;

    do
        n = write(STDERR_FILENO, piece, len);
    while (n < 0 && errno == EINTR);
    if (n < 0 && errno == EAGAIN) { /* somebody else made it non-blocking */
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
        n = 0;
    }
    *written = n < 0 ? 0 : (size_t)n;
    return n >= 0;
}

static void add_notice(void)
{
    char now[CLOCK_WALL_SIZE], notice[NOTICE_MAX];
    int n;

    if (sink.unreported == 0 || sink.len + NOTICE_MAX > RING)
        return;
    clock_wall(now);
    n = snprintf(
        notice, sizeof notice,
        "{\"time\":\"%s\",\"level\":\"warn\",\"msg\":\"%llu lines were dropped: nobody read "
        "the log\"}\n",
        now, (unsigned long long)sink.unreported);
    ring_add(notice, (size_t)n);
    sink.unreported = 0;
}

static void *log_main(void *unused)
{
    char piece[LOG_LINE_MAX];
    size_t len, written;

    (void)unused;
    pthread_mutex_lock(&sink.lock);
    for (;;) {
        while (sink.len == 0) {
            pthread_cond_broadcast(&sink.emptied);
            pthread_cond_wait(&sink.filled, &sink.lock);
        }
        len = ring_next(piece);
        pthread_mutex_unlock(&sink.lock);
        if (!write_some(piece, len, &written))
            written = len; /* a log that cannot be written has nobody to be told */
        pthread_mutex_lock(&sink.lock);
        ring_forget(written);
        if (sink.len < RING / 2)
            add_notice();
    }
    return NULL;
}

/* Signals are others' affair. */
static bool start_thread(void)
{
    sigset_t all, before;
    pthread_t thread;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    sink.thread = pthread_create(&thread, NULL, log_main, NULL) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (sink.thread)
        pthread_detach(thread);
    return sink.thread;
}

/* ---- a line */

static ssize_t write_now(const char *line, size_t len)
{
    switch (sink.way) {
    case WAY_PLAIN:
    case WAY_PIPE: return write(sink.fd, line, len);
    case WAY_SOCKET: return send(sink.fd, line, len, MSG_DONTWAIT | MSG_NOSIGNAL);
    case WAY_THREADED: break;
    }
    errno = EAGAIN;
    return -1;
}

static bool is_behind(int number)
{
    return number == EAGAIN || number == EWOULDBLOCK;
}

static void queue(const char *line, size_t len)
{
    add_notice();
    if (sink.unreported || sink.len + len > RING || (!sink.thread && !start_thread())) {
        sink.unreported++;
        atomic_fetch_add_explicit(&dropped, 1, memory_order_relaxed);
        return;
    }
    ring_add(line, len);
    pthread_cond_signal(&sink.filled);
}

void log_sink_write(const char *line, size_t len)
{
    ssize_t n = -1;

    pthread_mutex_lock(&sink.lock);
    if (sink.len == 0) {
        n = write_now(line, len);
        if (n < 0 && !is_behind(errno))
            n = (ssize_t)len; /* a log that cannot be written has nobody to be told */
    }
    if (n < 0)
        queue(line, len);
    else if ((size_t)n < len)
        queue(line + n, len - (size_t)n); /* a socket took a part: the rest comes next */
    pthread_mutex_unlock(&sink.lock);
}

/* ---- at the start and at the end */

void log_open(void)
{
    struct stat st;

    if (fstat(STDERR_FILENO, &st) != 0)
        return;
    pthread_mutex_lock(&sink.lock);
    if (S_ISSOCK(st.st_mode)) {
        sink.way = WAY_SOCKET;
    } else if (S_ISFIFO(st.st_mode)) {
        int fd = open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_CLOEXEC);

        sink.way = fd < 0 ? WAY_THREADED : WAY_PIPE;
        sink.fd = fd < 0 ? STDERR_FILENO : fd;
    }
    pthread_mutex_unlock(&sink.lock);
}

void log_close(int64_t at_most_us)
{
    int64_t until = clock_us() + at_most_us;
    struct timespec ts;

    clock_gettime(CLOCK_REALTIME, &ts);
    ts.tv_nsec += (at_most_us % 1000000) * 1000;
    ts.tv_sec += at_most_us / 1000000 + ts.tv_nsec / 1000000000;
    ts.tv_nsec %= 1000000000;
    pthread_mutex_lock(&sink.lock);
    while (sink.len > 0 && clock_us() < until)
        pthread_cond_timedwait(&sink.emptied, &sink.lock, &ts);
    if (sink.way == WAY_PIPE)
        close(sink.fd);
    sink.way = WAY_PLAIN;
    sink.fd = STDERR_FILENO;
    pthread_mutex_unlock(&sink.lock);
}

uint64_t log_dropped(void)
{
    return atomic_load_explicit(&dropped, memory_order_relaxed);
}
