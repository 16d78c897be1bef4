/*
 * What the reader lane says of itself.
 *
 * SPDX-License-Identifier: MIT
 */
#include "store/run/lane_private.h"
#include "store/run/reader.h"

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
    pthread_mutex_unlock(&lane->lock);
    for (size_t i = 0; i < lane->options.threads; i++)
        reader_collect(lane->threads[i].reader, &out->caches);
}
