/*
 * A load generator: keeps connections busy for a time and says how it went, as JSON.
 *
 *   load ADDRESS PORT WORK --connections N --seconds S [--rate R] [--warmup S] [--keys N] [--pad N]
 *       [--drain S] [--field "Name: value"] [--type TYPE] [--ledger FILE]
 *
 * WORK is a file of lines "weight METHOD path [body]"; {key} becomes a random number from 1 to
 * --keys, {n} a number that no request had before, {c} the number of the connection, {k} how many
 * requests it has made with this one, {pad} --pad bytes. A body "@FILE" is that file's bytes as they
 * are, however many. --field goes into each head; --type is what bodies are said to be. --ledger is a file of 64-bit integers, one
 * for each connection, mapped: the requests of it that were answered 2xx; anything else ends the
 * program. Without --rate every connection asks again
 * as soon as it is answered (closed loop). With it, R requests a second are due at even times
 * whatever the server does, and a request's latency counts from when it was due (open loop: no
 * coordinated omission).
 *
 * Counted is an answer that came whole, with a status of 2xx and as long as it said, between the
 * end of the warm-up and the end of S. What was asked by then and is answered up to --drain (10 s)
 * later counts for the latency alone; what is not, as a timeout, and as an error. So a server
 * begins its next measurement with nothing in its queue. One thread; `limit` shows its own most.
 *
 * SPDX-License-Identifier: MIT
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define WORKS_MAX   16
#define REQUEST_MAX 8192 /* and the padding */
#define ANSWER_MAX  (64 << 20)
#define BACKLOG_MAX (1 << 22)
#define PIECES_MAX  16

/* A template, cut at its {key}, {n} and {pad}: text, then what follows it. */
struct piece {
    const char *text;
    size_t len;
    char then; /* which of names[] in cut() comes next; 0: none */
};

struct template
{
    struct piece pieces[PIECES_MAX];
    int n;
};

struct work {
    int weight;
    struct template head, body; /* head: up to the body's length, or all of a request without */
    const char *file;           /* the body as it is, or NULL */
    size_t file_len;
};

struct connection {
    int fd;
    int number;
    uint64_t made; /* requests */
    bool busy;
    bool dead; /* to be opened again */
    int64_t due_ns;
    char *out; /* the request, or its head, and then the bytes of a file */
    size_t out_len, out_at;
    const char *tail;
    size_t tail_len;
    char *in;
    size_t in_len, in_cap;
};

/* Latencies by a logarithm with 64 steps for each doubling: within 1.6 %. */
#define STEPS   64
#define BUCKETS (48 * STEPS)
static uint64_t histogram[BUCKETS];

static struct work works[WORKS_MAX];
static int n_works, total_weight;
static uint64_t sent, completed, answered, failed, timeouts, reconnects, bytes;
static uint64_t random_state = 88172645463325252ULL, counter;
static struct sockaddr_in address;
static int epoll_fd;
static long keys = 10000, pad;
static int64_t drain_ns;
static char *body;
static bool measuring, draining;
static int last_bad_status;
static volatile uint64_t *ledger; /* NULL: none */
static uint64_t good;             /* 2xx, the warm-up and the end with it */
static int64_t last_answer;

static int64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static uint64_t next_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static void die(const char *what)
{
    fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void record(int64_t ns)
{
    uint64_t v = ns > 0 ? (uint64_t)ns : 1;
    int high = 63 - __builtin_clzll(v);
    uint64_t step = high >= 6 ? (v >> (high - 6)) & 63 : (v << (6 - high)) & 63;
    size_t at = (size_t)high * STEPS + step;

    histogram[at < BUCKETS ? at : BUCKETS - 1]++;
}

static double percentile(double p)
{
    uint64_t total = 0, seen = 0;

    for (size_t i = 0; i < BUCKETS; i++)
        total += histogram[i];
    for (size_t i = 0; i < BUCKETS; i++) {
        seen += histogram[i];
        if (total && (double)seen >= p * (double)total) {
            size_t high = i / STEPS, step = i % STEPS;

            return (double)(1ULL << high) * (1 + ((double)step + 0.5) / STEPS) / 1000;
        }
    }
    return 0;
}

static void cut(struct template *t, const char *text)
{
    static const char *const names[] = {"{key}", "{n}", "{pad}", "{c}", "{k}"};
    static const char codes[] = {'r', 'n', 'p', 'c', 'k'};

    while (t->n < PIECES_MAX) {
        struct piece *piece = &t->pieces[t->n++];
        const char *at = NULL;

        piece->text = text;
        for (int i = 0; i < 5; i++) {
            const char *found = strstr(text, names[i]);

            if (found && (!at || found < at)) {
                at = found;
                piece->then = codes[i];
            }
        }
        piece->len = at ? (size_t)(at - text) : strlen(text);
        if (!at)
            return;
        text = strchr(at, '}') + 1;
    }
    die("too many {} in a line of work");
}

static size_t put_number(char *out, uint64_t value)
{
    char digits[24];
    size_t n = 0;

    do
        digits[n++] = (char)('0' + value % 10);
    while ((value /= 10) != 0);
    for (size_t i = 0; i < n; i++)
        out[i] = digits[n - 1 - i];
    return n;
}

static size_t expand(const struct connection *c, char *out, const struct template *t)
{
    size_t n = 0;

    for (const struct piece *piece = t->pieces; piece < t->pieces + t->n; piece++) {
        memcpy(out + n, piece->text, piece->len);
        n += piece->len;
        if (piece->then == 'r') {
            n += put_number(out + n, 1 + next_random() % (uint64_t)keys);
        } else if (piece->then == 'n') {
            n += put_number(out + n, ++counter);
        } else if (piece->then == 'c') {
            n += put_number(out + n, (uint64_t)c->number);
        } else if (piece->then == 'k') {
            n += put_number(out + n, c->made);
        } else if (piece->then == 'p') {
            memset(out + n, 'x', (size_t)pad);
            n += (size_t)pad;
        }
    }
    return n;
}

static void make_request(struct connection *c)
{
    int pick = n_works > 1 ? (int)(next_random() % (unsigned)total_weight) : 0;
    const struct work *w = works;

    while (pick >= w->weight)
        pick -= w++->weight;
    c->made++;
    c->tail = w->file;
    c->tail_len = w->file_len;
    c->out_len = expand(c, c->out, &w->head);
    if (w->body.n) {
        size_t len = expand(c, body, &w->body);

        c->out_len += put_number(c->out + c->out_len, len);
        memcpy(c->out + c->out_len, "\r\n\r\n", 4);
        memcpy(c->out + c->out_len + 4, body, len);
        c->out_len += 4 + len;
    }
    c->out_at = 0;
}

static void open_connection(struct connection *c)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = c};
    int one = 1;

    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&address, sizeof address) != 0)
        die("connect");
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    fcntl(c->fd, F_SETFL, O_NONBLOCK);
    c->in_len = 0;
    c->dead = c->busy = false;
    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, c->fd, &event) != 0)
        die("epoll_ctl");
}

static void reopen(struct connection *c)
{
    close(c->fd);
    reconnects++;
    open_connection(c);
}

static size_t unsent(const struct connection *c)
{
    return c->out_len + c->tail_len - c->out_at;
}

static bool push(struct connection *c)
{
    while (unsent(c) > 0) {
        bool in_head = c->out_at < c->out_len;
        const char *from = in_head ? c->out + c->out_at : c->tail + (c->out_at - c->out_len);
        size_t left = in_head ? c->out_len - c->out_at : unsent(c);
        ssize_t n = send(c->fd, from, left, MSG_NOSIGNAL | (in_head && c->tail_len ? MSG_MORE : 0));

        if (n < 0)
            return errno == EAGAIN;
        c->out_at += (size_t)n;
    }
    return true;
}

/* The server takes no more of a request: its answer, if it comes, says why. */
static void give_up_sending(struct connection *c)
{
    c->out_at = c->out_len + c->tail_len;
}

static void ask(struct connection *c, int64_t due_ns)
{
    make_request(c);
    c->due_ns = due_ns;
    c->busy = true;
    c->in_len = 0;
    sent++;
    if (!push(c)) {
        reopen(c);
        c->busy = true;
        c->due_ns = due_ns;
        c->out_at = 0;
        if (!push(c))
            give_up_sending(c);
    }
}

static bool starts(const char *line, const char *end, const char *name, size_t len)
{
    return (size_t)(end - line) > len && strncasecmp(line, name, len) == 0;
}

/* 0: more must come; 1: whole; -1: not HTTP, or longer than it says. */
static int whole_answer(struct connection *c, bool *closes)
{
    char *end = memmem(c->in, c->in_len, "\r\n\r\n", 4), *line;
    size_t head, length = 0;
    bool chunked = false;

    if (!end)
        return 0;
    if (c->in_len < 13 || memcmp(c->in, "HTTP/1.", 7) != 0)
        return -1;
    head = (size_t)(end - c->in) + 4;
    for (line = memchr(c->in, '\n', head); line && ++line < end;
         line = memchr(line, '\n', head - (size_t)(line - c->in))) {
        if (*line == 'C' || *line == 'c') {
            if (starts(line, end, "Content-Length:", 15))
                length = strtoul(line + 15, NULL, 10);
            else if (starts(line, end, "Connection:", 11))
                *closes = strncasecmp(line + 11 + strspn(line + 11, " "), "close", 5) == 0;
        } else if (*line == 'T' || *line == 't') {
            chunked |= starts(line, end, "Transfer-Encoding:", 18);
        }
    }
    if (chunked)
        return c->in_len >= head + 5 && memcmp(c->in + c->in_len - 5, "0\r\n\r\n", 5) == 0;
    return c->in_len > head + length ? -1 : c->in_len == head + length;
}

static void take_answer(struct connection *c, int64_t now)
{
    int status = c->in_len > 12 ? atoi(c->in + 9) : 0;

    c->busy = false;
    completed++;
    if (ledger && (status < 200 || status > 299)) {
        fprintf(stderr, "load: an answer with status %d\n", status);
        exit(1);
    }
    if (ledger)
        ledger[c->number] = c->made;
    last_answer = now;
    good += status >= 200 && status <= 299;
    if (!measuring && !draining)
        return;
    if (status < 200 || status > 299) {
        failed++;
        last_bad_status = status;
    } else if (measuring) {
        answered++;
        bytes += c->in_len;
    }
    record(now - c->due_ns);
}

/* Reads what there is; true when the answer is whole. */
static bool pull(struct connection *c)
{
    bool closes = false;

    for (;;) {
        ssize_t n;
        int whole;

        if (c->in_cap - c->in_len < 16384) {
            c->in_cap = c->in_cap ? c->in_cap * 2 : 65536;
            if (c->in_cap > ANSWER_MAX)
                die("an answer is too large");
            c->in = realloc(c->in, c->in_cap);
        }
        n = recv(c->fd, c->in + c->in_len, c->in_cap - c->in_len, 0);
        if (n < 0 && errno == EAGAIN)
            return false;
        if (n <= 0) {
            bool lost = c->busy;
            int64_t due = c->due_ns;

            reopen(c);
            if (lost && ledger)
                die("a connection was closed");
            if (lost && draining) { /* closed before it answered, too late to ask again */
                failed++;
                return false;
            }
            if (lost) { /* closed before it answered: ask again, the clock runs on */
                if (measuring)
                    failed++;
                ask(c, due);
            }
            return false;
        }
        c->in_len += (size_t)n;
        whole = whole_answer(c, &closes);
        if (whole < 0)
            die("an answer is not HTTP/1, or longer than it says");
        if (whole) {
            c->dead = closes;
            return true;
        }
    }
}

static void read_body(struct work *w, const char *path)
{
    int fd = open(path, O_RDONLY);
    struct stat found;

    if (fd < 0 || fstat(fd, &found) != 0)
        die(path);
    w->file_len = (size_t)found.st_size;
    w->file = mmap(NULL, w->file_len, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    if (w->file == MAP_FAILED)
        die(path);
    close(fd);
}

static void read_works(const char *path, const char *field, const char *type)
{
    static char line[8192], method[16], target[2048], head[4096];
    FILE *file = fopen(path, "r");

    if (!file)
        die(path);
    while (n_works < WORKS_MAX && fgets(line, sizeof line, file)) {
        struct work *w = &works[n_works];
        char framing[256] = "\r\n";
        int at = 0;

        line[strcspn(line, "\n")] = '\0';
        if (sscanf(line, "%d %15s %2047s %n", &w->weight, method, target, &at) < 3)
            continue;
        if (at && line[at] == '@') {
            read_body(w, line + at + 1);
            snprintf(framing, sizeof framing, "Content-Type: %s\r\nContent-Length: %zu\r\n\r\n",
                     type, w->file_len);
        } else if (at && line[at]) {
            snprintf(framing, sizeof framing, "Content-Type: %s\r\nContent-Length: ", type);
            cut(&w->body, strdup(line + at));
        }
        snprintf(head, sizeof head, "%s %s HTTP/1.1\r\nHost: localhost\r\n%s%s%s", method, target,
                 field, field[0] ? "\r\n" : "", framing);
        cut(&w->head, strdup(head));
        total_weight += w->weight;
        n_works++;
    }
    fclose(file);
    if (n_works == 0)
        die("no work");
}

static const char *option_text(int argc, char **argv, const char *name, const char *text)
{
    for (int i = 4; i + 1 < argc; i++) {
        if (strcmp(argv[i], name) == 0)
            return argv[i + 1];
    }
    return text;
}

static double option(int argc, char **argv, const char *name, double value)
{
    for (int i = 4; i + 1 < argc; i++) {
        if (strcmp(argv[i], name) == 0)
            return atof(argv[i + 1]);
    }
    return value;
}

static void open_ledger(int argc, char **argv, int n)
{
    size_t size = (size_t)n * sizeof *ledger;

    for (int i = 4; i + 1 < argc; i++) {
        if (strcmp(argv[i], "--ledger") != 0)
            continue;
        int fd = open(argv[i + 1], O_RDWR | O_CREAT | O_TRUNC, 0644);

        if (fd < 0 || ftruncate(fd, (off_t)size) != 0)
            die(argv[i + 1]);
        ledger = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (ledger == MAP_FAILED)
            die("mmap");
    }
}

/* Open loop: the times that are due and have no connection yet. */
static int64_t *backlog;
static size_t backlog_head, backlog_tail;

/* Takes what is answered: its connection goes to `idle`, or, that being NULL, asks again. */
static void wait_once(int timeout_ms, struct connection **idle, size_t *n_idle)
{
    static struct epoll_event events[1024];
    int ready = epoll_wait(epoll_fd, events, 1024, timeout_ms);
    int64_t now = now_ns();

    for (int i = 0; i < ready; i++) {
        struct connection *c = events[i].data.ptr;

        if ((events[i].events & EPOLLOUT) && c->busy && unsent(c) > 0 && !push(c))
            give_up_sending(c);
        if (!(events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) || !pull(c))
            continue;
        if (i % 8 == 7)
            now = now_ns();
        take_answer(c, now);
        if (c->dead)
            reopen(c);
        if (idle)
            idle[(*n_idle)++] = c;
        else
            ask(c, now);
    }
}

/* Waits for what was asked; what never is answered, or was due and never asked, took at least so long. */
static void drain(struct connection *connections, int n, struct connection **idle, int64_t end)
{
    int busy = 1;

    measuring = false;
    draining = true;
    while (busy > 0 && now_ns() < end + drain_ns) {
        size_t unused = 0;

        wait_once(1, idle, &unused);
        busy = 0;
        for (int i = 0; i < n; i++)
            busy += connections[i].busy;
    }
    for (int i = 0; i < n; i++) {
        if (connections[i].busy) {
            timeouts++;
            record(now_ns() - connections[i].due_ns);
        }
    }
    while (backlog_head < backlog_tail)
        record(now_ns() - backlog[backlog_head++ % BACKLOG_MAX]);
}

/* Where not every connection came round in the time, all that was answered until the last was. */
static double answers_a_second(int connections, int64_t start, double seconds)
{
    if (answered >= (uint64_t)connections || last_answer <= start)
        return (double)answered / seconds;
    return (double)good * 1e9 / (double)(last_answer - start);
}

int main(int argc, char **argv)
{
    struct connection *connections, **idle;
    size_t n_idle = 0, waiting;
    int n;
    double seconds, warmup, rate;
    int64_t start, begin, end, interval = 0, next_due = 0, now;

    if (argc < 4) {
        fprintf(stderr, "load ADDRESS PORT WORK [--connections N] [--seconds S] [--warmup S] "
                        "[--rate R] [--keys N] [--first N] [--pad BYTES] "
                        "[--drain S] [--field FIELD] [--type TYPE] [--ledger FILE]\n");
        return 2;
    }
    n = (int)option(argc, argv, "--connections", 64);
    seconds = option(argc, argv, "--seconds", 2);
    warmup = option(argc, argv, "--warmup", 0.2);
    rate = option(argc, argv, "--rate", 0);
    keys = (long)option(argc, argv, "--keys", 10000);
    pad = (long)option(argc, argv, "--pad", 0);
    drain_ns = (int64_t)(option(argc, argv, "--drain", 10) * 1e9);
    counter = (uint64_t)option(argc, argv, "--first", 0);
    address =
        (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[2]))};
    inet_pton(AF_INET, argv[1], &address.sin_addr);
    read_works(argv[3], option_text(argc, argv, "--field", ""),
               option_text(argc, argv, "--type", "application/json"));
    open_ledger(argc, argv, n);
    epoll_fd = epoll_create1(0);
    connections = calloc((size_t)n, sizeof *connections);
    idle = calloc((size_t)n, sizeof(struct connection *));
    backlog = rate > 0 ? calloc(BACKLOG_MAX, sizeof *backlog) : NULL;
    body = malloc(REQUEST_MAX + (size_t)pad);
    for (int i = 0; i < n; i++) {
        connections[i].number = i;
        connections[i].out = malloc(REQUEST_MAX + (size_t)pad);
        open_connection(&connections[i]);
    }
    start = now_ns();
    begin = start + (int64_t)(warmup * 1e9);
    end = begin + (int64_t)(seconds * 1e9);
    if (rate > 0) {
        interval = (int64_t)(1e9 / rate);
        next_due = start;
        for (int i = 0; i < n; i++)
            idle[n_idle++] = &connections[i];
    } else {
        for (int i = 0; i < n; i++)
            ask(&connections[i], now_ns());
    }
    for (now = start; now < end; now = now_ns()) {
        measuring = now >= begin;
        while (interval && next_due <= now) {
            if (backlog_tail - backlog_head < BACKLOG_MAX)
                backlog[backlog_tail++ % BACKLOG_MAX] = next_due;
            next_due += interval;
        }
        while (interval && n_idle > 0 && backlog_head < backlog_tail)
            ask(idle[--n_idle], backlog[backlog_head++ % BACKLOG_MAX]);
        wait_once(interval && next_due - now < 1000000 ? 0 : 1, interval ? idle : NULL, &n_idle);
    }
    waiting = backlog_tail - backlog_head;
    drain(connections, n, idle, end);
    printf("{\"requests\":%lu,\"sent\":%lu,\"completed\":%lu,\"timeouts\":%lu,\"seconds\":%.3f,"
           "\"rate\":%.1f,\"errors\":%lu,"
           "\"status\":%d,"
           "\"reconnects\":%lu,\"bytes\":%lu,\"waiting\":%zu,\"p50_us\":%.1f,\"p90_us\":%.1f,"
           "\"p99_us\":%.1f,\"p999_us\":%.1f,\"max_us\":%.1f,\"last\":%lu,"
           "\"good\":%lu,\"span\":%.6f}\n",
           answered, sent, completed, timeouts, seconds, answers_a_second(n, start, seconds),
           failed + timeouts, last_bad_status, reconnects, bytes, waiting, percentile(0.5),
           percentile(0.9), percentile(0.99), percentile(0.999), percentile(1), counter, good,
           (double)(last_answer - start) / 1e9);
    return 0;
}
