/*
 * GET /metrics: the loops' counters added up, and what the floors below know.
 *
 * SPDX-License-Identifier: MIT
 */
#include <assert.h>
#include <stdio.h>

#include "access/digest.h"
#include "access/account/account.h"
#include "access/address/limit.h"
#include "access/address/rate_limit.h"
#include "admin/metrics.h"
#include "base/exposition.h"
#include "base/process.h"
#include "http/loop.h"
#include "http/metrics.h"
#include "http/request.h"
#include "http/version.h"
#include "resource/version.h"
#include "store/run/reader.h"
#include "store/version.h"

/* Room for the page, whatever --max-answer says: it has about 300 lines. */
#define PAGE_MAX ((size_t)1 << 20)

enum listener { LISTENER_MAIN, LISTENER_OPERATORS, LISTENERS };

/* Those of a listener that is not there are -1. */
struct connection_figures {
    int64_t now, max, accepted, refused[REFUSALS];
};

struct figures {
    int64_t in_flight, aborted, answered_again, received, sent;
    struct uploads_figures uploads;
    int64_t forgotten, passwords_waiting; /* 0 without --rate-limit, --accounts */
    int64_t plans_found, plans_missed, plans_evicted;
    int64_t tokens_known, tokens_verified, tokens_failed, tokens_limited;
    struct connection_figures connections[LISTENERS];
    struct process process;
    int64_t start_us;
};

/* What has been read of all loops. */
struct reading {
    struct loop_metrics total;
    struct figures figures;
    struct db_cache_counts readers;
};

#define AT(field)       offsetof(struct figures, field)
#define BY(i, field)    offsetof(struct figures, connections[i].field)
#define MAIN            "listener=\"main\""
#define OPERATORS       "listener=\"operators\""
#define REFUSED(l, why) l ",reason=\"" why "\""

/* clang-format off */
static const struct sample_row rows[] = {
    {"thimble_http_requests_in_flight", "gauge", "", AT(in_flight), SAMPLE_COUNT,
     "Requests that are being received, worked on or answered, this one included."},
    {"thimble_http_requests_aborted_total", "counter", "", AT(aborted), SAMPLE_COUNT,
     "Requests whose connection ended before the answer was sent in full."},
    {"thimble_http_answer_cache_hits_total", "counter", "", AT(answered_again), SAMPLE_COUNT,
     "Requests that got the kept answer of an equal one before: --answer-cache."},
    {"thimble_plan_cache_hits_total", "counter", "", AT(plans_found), SAMPLE_COUNT,
     "Requests whose statement was ready, by their shape: --plan-cache."},
    {"thimble_plan_cache_misses_total", "counter", "", AT(plans_missed), SAMPLE_COUNT,
     "Requests whose shape was not known, or whose values make another statement."},
    {"thimble_plan_cache_evicted_total", "counter", "", AT(plans_evicted), SAMPLE_COUNT,
     "Statements of a shape that were given up for others."},
    {"thimble_http_received_bytes_total", "counter", "", AT(received), SAMPLE_COUNT,
     "Bytes of requests: their first lines, header fields and bodies."},
    {"thimble_http_sent_bytes_total", "counter", "", AT(sent), SAMPLE_COUNT,
     "Bytes of the answers' bodies."},
    {"thimble_http_connections", "gauge", MAIN, BY(LISTENER_MAIN, now), SAMPLE_COUNT,
     "Connections that are open."},
    {"thimble_http_connections", "gauge", OPERATORS, BY(LISTENER_OPERATORS, now), SAMPLE_COUNT, NULL},
    {"thimble_http_connections_limit", "gauge", MAIN, BY(LISTENER_MAIN, max), SAMPLE_COUNT,
     "Connections that may be open: --max-connections, --max-metrics-connections."},
    {"thimble_http_connections_limit", "gauge", OPERATORS, BY(LISTENER_OPERATORS, max), SAMPLE_COUNT, NULL},
    {"thimble_http_connections_accepted_total", "counter", MAIN, BY(LISTENER_MAIN, accepted),
     SAMPLE_COUNT, "Connections that were accepted, those over a limit included."},
    {"thimble_http_connections_accepted_total", "counter", OPERATORS,
     BY(LISTENER_OPERATORS, accepted), SAMPLE_COUNT, NULL},
    {"thimble_http_connections_refused_total", "counter", REFUSED(MAIN, "connections"),
     BY(LISTENER_MAIN, refused[REFUSAL_CONNECTIONS]), SAMPLE_COUNT,
     "Connections over a limit: of all (connections), of one address (address), so far over it "
     "that they were closed without an answer (closed)."},
    {"thimble_http_connections_refused_total", "counter", REFUSED(MAIN, "address"),
     BY(LISTENER_MAIN, refused[REFUSAL_ADDRESS]), SAMPLE_COUNT, NULL},
    {"thimble_http_connections_refused_total", "counter", REFUSED(MAIN, "closed"),
     BY(LISTENER_MAIN, refused[REFUSAL_CLOSED]), SAMPLE_COUNT, NULL},
    {"thimble_http_connections_refused_total", "counter", REFUSED(OPERATORS, "connections"),
     BY(LISTENER_OPERATORS, refused[REFUSAL_CONNECTIONS]), SAMPLE_COUNT, NULL},
    {"thimble_http_connections_refused_total", "counter", REFUSED(OPERATORS, "closed"),
     BY(LISTENER_OPERATORS, refused[REFUSAL_CLOSED]), SAMPLE_COUNT, NULL},
    {"thimble_uploads", "gauge", "", AT(uploads.now), SAMPLE_COUNT,
     "Bodies past --max-body that are being received or written to their table."},
    {"thimble_uploads_max", "gauge", "", AT(uploads.max), SAMPLE_COUNT,
     "How many there may be: --max-uploads; 0: none."},
    {"thimble_upload_bytes", "gauge", "", AT(uploads.bytes), SAMPLE_COUNT,
     "Bytes of them that are kept in files beside the database."},
    {"thimble_passwords_waiting", "gauge", "", AT(passwords_waiting), SAMPLE_COUNT,
     "Passwords that wait to be looked at, the one at hand among them: --password-queue."},
    {"thimble_rate_limit_forgotten_total", "counter", "", AT(forgotten), SAMPLE_COUNT,
     "Clients that were forgotten for others before their buckets were full: --rate-limit-clients."},
    {"thimble_tokens_total", "counter", "result=\"known\"", AT(tokens_known), SAMPLE_COUNT,
     "Tokens: known from before, verified, with a signature that is none, refused unseen for too many such."},
    {"thimble_tokens_total", "counter", "result=\"verified\"", AT(tokens_verified), SAMPLE_COUNT, NULL},
    {"thimble_tokens_total", "counter", "result=\"failed\"", AT(tokens_failed), SAMPLE_COUNT, NULL},
    {"thimble_tokens_total", "counter", "result=\"limited\"", AT(tokens_limited), SAMPLE_COUNT, NULL},
    {"process_cpu_seconds_total", "counter", "", AT(process.cpu_us), SAMPLE_MICROSECONDS,
     "Total user and system CPU time spent in seconds."},
    {"process_resident_memory_bytes", "gauge", "", AT(process.resident), SAMPLE_COUNT,
     "Resident memory size in bytes."},
    {"process_virtual_memory_bytes", "gauge", "", AT(process.memory), SAMPLE_COUNT,
     "Virtual memory size in bytes."},
    {"process_open_fds", "gauge", "", AT(process.open_fds), SAMPLE_COUNT,
     "Number of open file descriptors."},
    {"process_max_fds", "gauge", "", AT(process.max_fds), SAMPLE_COUNT,
     "Maximum number of open file descriptors."},
    {"process_start_time_seconds", "gauge", "", AT(start_us), SAMPLE_MICROSECONDS,
     "Start time of the process since unix epoch in seconds."},
};
/* clang-format on */

static_assert(sizeof(struct loop_metrics) % sizeof(struct counter) == 0,
              "a loop's metrics are counters and nothing else");

static void add(struct loop_metrics *total, const struct loop_metrics *m)
{
    const struct counter *from = (const struct counter *)m;
    struct counter *to = (struct counter *)total;

    for (size_t i = 0; i < sizeof *m / sizeof *from; i++)
        counter_add(&to[i], counter_read(&from[i]));
}

static void add_connections(struct connection_figures *c, const struct loop *loop)
{
    if (c->now < 0)
        *c = (struct connection_figures){0};
    c->now = (int64_t)limit_count(loop->limit);
    c->max = (int64_t)loop->options->max_connections;
    c->accepted += (int64_t)counter_read(&loop->metrics.accepted);
    for (size_t i = 0; i < REFUSALS; i++)
        c->refused[i] += (int64_t)counter_read(&loop->metrics.refused[i]);
}

static void add_tokens(struct figures *f, const struct token_gate_counts *counts)
{
    f->tokens_known += (int64_t)counter_read(&counts->known);
    f->tokens_verified += (int64_t)counter_read(&counts->verified);
    f->tokens_failed += (int64_t)counter_read(&counts->failed);
    f->tokens_limited += (int64_t)counter_read(&counts->limited);
}

static void add_plans(struct figures *f, const struct plan_cache *plans)
{
    f->plans_found += (int64_t)counter_read(&plans->hits);
    f->plans_missed += (int64_t)counter_read(&plans->misses);
    f->plans_evicted += (int64_t)counter_read(&plans->evicted);
}

static void collect(struct reading *reading, const struct loops *all)
{
    struct figures *f = &reading->figures;
    uint64_t begun, ended;

    for (size_t i = 0; i < LISTENERS; i++)
        f->connections[i] = (struct connection_figures){-1, -1, -1, {-1, -1, -1}};
    for (size_t i = 0; i < all->n; i++) {
        const struct loop *loop = &all->first[i];

        add(&reading->total, &loop->metrics);
        add_connections(&f->connections[loop->admin ? LISTENER_OPERATORS : LISTENER_MAIN], loop);
        add_tokens(f, &loop->authenticator.tokens.counts);
        add_plans(f, &loop->plans);
        reader_collect(loop->reader, &reading->readers);
    }
    begun = counter_read(&reading->total.begun);
    ended = counter_read(&reading->total.ended);
    f->in_flight = begun > ended ? (int64_t)(begun - ended) : 0;
    f->aborted = (int64_t)counter_read(&reading->total.aborted);
    f->answered_again = (int64_t)counter_read(&reading->total.answered_again);
    f->received = (int64_t)counter_read(&reading->total.received);
    f->sent = (int64_t)counter_read(&reading->total.sent);
    f->passwords_waiting = (int64_t)accounts_waiting(all->first->service->accounts);
    if (all->first->rates)
        f->forgotten = (int64_t)rate_limit_forgotten(all->first->rates);
    f->uploads = uploads_read(all->first->uploads);
    f->start_us = all->process_start_us;
    process_read(&f->process);
}

/* What a route can do is there from the start, at 0: else a first failure has nothing to rise
 * from (prometheus.io/docs/practices/instrumentation, "Avoid missing metrics"). */
static void write_requests(struct buf *out, const struct loop_metrics *m,
                           const struct metrics_route routes[ROUTE_KINDS])
{
    static const char name[] = "thimble_http_requests_total";
    char labels[96];

    exposition_family(out, name, "counter",
                      "Requests answered, by route, method and status class.");
    for (unsigned kind = 0; kind < ROUTE_KINDS; kind++) {
        for (unsigned method = 0; method <= METHOD_OTHER; method++) {
            bool has = (routes[kind].methods & METHOD_BIT(method)) != 0;

            for (unsigned class = 0; class < STATUS_CLASSES; class ++) {
                uint64_t n = counter_read(&m->requests[kind][method][class]);

                if (!has && n == 0)
                    continue;
                snprintf(labels, sizeof labels, "route=\"%s\",method=\"%s\",status=\"%uxx\"",
                         routes[kind].name, method_name((enum method)method), class + 2);
                exposition_sample(out, name, labels, n);
            }
        }
    }
}

static void write_durations(struct buf *out, const struct loop_metrics *m,
                            const struct metrics_route routes[ROUTE_KINDS])
{
    static const char name[] = "thimble_http_request_duration_seconds";
    char labels[48];

    exposition_family(out, name, "histogram",
                      "Time from a request's first line to its answer's last byte, by route.");
    for (unsigned kind = 0; kind < ROUTE_KINDS; kind++) {
        struct histogram_sum sum = {{0}, 0};

        snprintf(labels, sizeof labels, "route=\"%s\"", routes[kind].name);
        histogram_collect(&m->durations[kind], &sum);
        exposition_histogram(out, name, labels, &buckets_duration, &sum);
    }
}

static void write_rejected(struct buf *out, const struct loop_metrics *m)
{
    static const char name[] = "thimble_http_requests_rejected_total";
    char labels[48];

    exposition_family(
        out, name, "counter",
        "Requests that were refused for a limit, or for what the server could not do.");
    for (unsigned i = REJECT_NONE + 1; i < REJECTS; i++) {
        snprintf(labels, sizeof labels, "reason=\"%s\"", metrics_reject_name((enum reject)i));
        exposition_sample(out, name, labels, counter_read(&m->rejected[i]));
    }
}

static void write_auth_failures(struct buf *out, const struct loop_metrics *m)
{
    static const char name[] = "thimble_auth_failures_total";
    char labels[48];

    exposition_family(out, name, "counter",
                      "Requests that were refused for what they say of who sent them, or say not.");
    for (unsigned i = AUTH_FAILURE_NONE + 1; i < AUTH_FAILURES; i++) {
        snprintf(labels, sizeof labels, "reason=\"%s\"",
                 metrics_auth_failure_name((enum auth_failure)i));
        exposition_sample(out, name, labels, counter_read(&m->auth_failures[i]));
    }
}

static void write_build(struct buf *out, const char *version)
{
    static const char name[] = "thimble_build_info";

    exposition_family(out, name, "gauge", "1; the labels are the versions in this binary.");
    buf_addf(out,
             "%s{version=\"%s\",libmicrohttpd=\"%s\",jansson=\"%s\",sqlite=\"%s\",mbedtls=\"%s\","
             "libc=\"%s\"} 1\n",
             name, version, http_library_version(), resource_library_version(),
             store_library_version(), digest_library_version(), THIMBLE_LIBC);
}

enum progress metrics_read(struct call *call, const struct metrics_route routes[ROUTE_KINDS])
{
    struct reading reading = {.figures = {0}};
    struct buf *out = &call->reply;

    if (out->max < PAGE_MAX)
        out->max = PAGE_MAX;
    collect(&reading, ((const struct request *)call)->loop->all);
    write_build(out, call->service->version);
    write_requests(out, &reading.total, routes);
    write_durations(out, &reading.total, routes);
    write_rejected(out, &reading.total);
    write_auth_failures(out, &reading.total);
    metrics_write_transfers(out, &reading.total);
    exposition_table(out, rows, sizeof rows / sizeof *rows, &reading.figures);
    metrics_write_data(out, call, reading.readers);
    call->content_type_out = EXPOSITION_MEDIA;
    call->outcome = OUTCOME_OK;
    return CALL_DONE;
}
