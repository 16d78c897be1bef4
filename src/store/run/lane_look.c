/*
 * What the reader lane says of itself.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/clock.h"
#include "store/run/lane_private.h"
#include "store/run/reader.h"

/* The longest wait that a refusal tells, in seconds. */
#define RETRY_MAX 60

size_t lane_count_running(const struct lane *lane)
{
    size_t n = 0;

    for (size_t i = 0; i < lane->options.threads; i++)
        n += lane->threads[i].since_us != 0;
    return n;
}

void lane_stats(struct lane *lane, struct lane_stats *out)
{
    *out = (struct lane_stats){
        .threads = lane->options.threads,
        .queue_max = lane->options.queue_max,
        .slow_shapes = atomic_load_explicit(&lane->shapes.n, memory_order_relaxed),
    };
    pthread_mutex_lock(&lane->lock);
    for (size_t i = 0; i < LANE_REASONS; i++)
        out->jobs[i] = lane->jobs[i];
    out->refused = lane->refused;
    out->withdrawn = lane->withdrawn;
    out->cancelled = lane->cancelled;
    out->queued = lane->queue.length;
    out->running = lane_count_running(lane);
    histogram_collect(&lane->waits, &out->waits);
    histogram_collect(&lane->runs, &out->runs);
    out->kept = lane->streams.n;
    out->kept_max = lane->streams.max;
    if (lane->streams.first)
        out->oldest_us = clock_us() - lane->streams.first->kept_us;
    for (size_t i = 0; i < lane->options.threads; i++)
        reader_collect(lane->threads[i].reader, &out->caches);
    lane_streams_collect(lane, &out->caches);
    pthread_mutex_unlock(&lane->lock);
}

/* What one that runs may take: the mean, or as long as those of now have taken already. */
static int64_t expected_us(const struct lane *lane)
{
    int64_t now = clock_us(), us = lane->mean_us;

    for (size_t i = 0; i < lane->options.threads; i++) {
        int64_t since = lane->threads[i].since_us;

        if (since && now - since > us)
            us = now - since;
    }
    return us;
}

bool lane_refuse(const struct lane *lane, size_t ahead, struct error *e)
{
    int64_t us = expected_us(lane) * (int64_t)ahead / (int64_t)lane->queue.max_running;
    int64_t seconds = us / 1000000 + 1;

    error_set(e, ERROR_BUSY, "%zu slow reads are waiting already", ahead);
    error_hint(e,
               "Send the request again later, or ask for less: it is not answered at once because "
               "it takes long, or because one like it did.");
    e->retry_after = (int)(seconds < RETRY_MAX ? seconds : RETRY_MAX);
    return false;
}

void lane_say_busy(struct lane *lane, struct error *e)
{
    pthread_mutex_lock(&lane->lock);
    (void)lane_refuse(lane, lane->queue.length, e);
    pthread_mutex_unlock(&lane->lock);
}
