/*
 * The part of GET /metrics that is about the reader lane.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stddef.h>
#include <stdio.h>

#include "admin/metrics.h"
#include "base/exposition.h"
#include "store/run/lane.h"

struct figures {
    int64_t queued, queue_max, running, threads;
    int64_t refused, withdrawn, cancelled, slow_shapes;
    int64_t kept, kept_max, oldest_us;
};

#define AT(field) offsetof(struct figures, field)

/* clang-format off */
static const struct sample_row rows[] = {
    {"thimble_lane_queue_length", "gauge", "", AT(queued), SAMPLE_COUNT,
     "Reads that wait for a thread of the reader lane."},
    {"thimble_lane_queue_limit", "gauge", "", AT(queue_max), SAMPLE_COUNT,
     "Reads that may wait, --reader-queue; half of them from one address."},
    {"thimble_lane_running", "gauge", "", AT(running), SAMPLE_COUNT,
     "Reads that run in the reader lane."},
    {"thimble_lane_threads", "gauge", "", AT(threads), SAMPLE_COUNT,
     "Threads of the reader lane, --readers."},
    {"thimble_lane_jobs_refused_total", "counter", "", AT(refused), SAMPLE_COUNT,
     "Reads that were not queued because the queue, or their address's part of it, was full."},
    {"thimble_lane_jobs_withdrawn_total", "counter", "", AT(withdrawn), SAMPLE_COUNT,
     "Reads that waited until their time was nearly up, and were told to come again."},
    {"thimble_lane_jobs_cancelled_total", "counter", "", AT(cancelled), SAMPLE_COUNT,
     "Reads whose client went away while they waited or ran."},
    {"thimble_lane_slow_shapes", "gauge", "", AT(slow_shapes), SAMPLE_COUNT,
     "Statements that are known as slow: reads of their kind go to the lane at once."},
    {"thimble_streams", "gauge", "", AT(kept), SAMPLE_COUNT,
     "Answers that are sent in pieces and are not read to their end: each keeps a snapshot."},
    {"thimble_streams_max", "gauge", "", AT(kept_max), SAMPLE_COUNT,
     "So many may there be, --max-streams; half of them for one client."},
    {"thimble_stream_oldest_seconds", "gauge", "", AT(oldest_us), SAMPLE_MICROSECONDS,
     "For how long the oldest of them has kept its snapshot: the write-ahead log cannot start over."},
};
/* clang-format on */

static const char *const reasons[LANE_REASONS] = {
    [LANE_OVERRUN] = "overrun",         [LANE_SHAPE] = "shape",   [LANE_PLAN] = "plan",
    [LANE_DESCRIPTION] = "description", [LANE_SCHEMA] = "schema", [LANE_ALL] = "all",
    [LANE_STREAM] = "stream",
};

static void write_jobs(struct buf *out, const struct lane_stats *stats)
{
    static const char name[] = "thimble_lane_jobs_total";
    char label[64];

    exposition_family(
        out, name, "counter",
        "Reads that went to the reader lane: they overran --loop-budget (overrun), are "
        "known as slow (shape), ask for a plan, for the API's description, or for what only a "
        "changed schema knows, or are sent in pieces (stream).");
    for (size_t i = 0; i < LANE_REASONS; i++) {
        snprintf(label, sizeof label, "reason=\"%s\"", reasons[i]);
        exposition_sample(out, name, label, stats->jobs[i]);
    }
}

static void write_times(struct buf *out, const struct lane_stats *stats)
{
    static const char wait[] = "thimble_lane_wait_seconds", run[] = "thimble_lane_run_seconds";

    exposition_family(out, wait, "histogram", "Time in the queue of the reader lane.");
    exposition_histogram(out, wait, "", &buckets_duration, &stats->waits);
    exposition_family(out, run, "histogram", "Time on a thread of the reader lane.");
    exposition_histogram(out, run, "", &buckets_duration, &stats->runs);
}

void metrics_write_lane(struct buf *out, const struct lane_stats *stats)
{
    const struct figures figures = {
        .queued = (int64_t)stats->queued,
        .queue_max = (int64_t)stats->queue_max,
        .running = (int64_t)stats->running,
        .threads = (int64_t)stats->threads,
        .refused = (int64_t)stats->refused,
        .withdrawn = (int64_t)stats->withdrawn,
        .cancelled = (int64_t)stats->cancelled,
        .slow_shapes = (int64_t)stats->slow_shapes,
        .kept = (int64_t)stats->kept,
        .kept_max = (int64_t)stats->kept_max,
        .oldest_us = stats->oldest_us,
    };

    exposition_table(out, rows, sizeof rows / sizeof *rows, &figures);
    write_jobs(out, stats);
    write_times(out, stats);
}
