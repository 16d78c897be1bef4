/* SPDX-License-Identifier: MIT */
#include "base/metrics.h"

const struct buckets buckets_duration = {
    .unit = 1000000,
    .n = 17,
    .bounds = {50, 100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000,
               1000000, 2500000, 5000000, 10000000},
};

const struct buckets buckets_batch = {
    .unit = 1,
    .n = 11,
    .bounds = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024},
};

void histogram_observe(struct histogram *h, const struct buckets *b, uint64_t value)
{
    size_t i = 0;

    while (i < b->n && value > b->bounds[i])
        i++;
    counter_add(&h->counts[i], 1);
    counter_add(&h->sum, value);
}

void histogram_collect(const struct histogram *h, struct histogram_sum *sum)
{
    for (size_t i = 0; i <= BUCKETS_MAX; i++)
        sum->counts[i] += counter_read(&h->counts[i]);
    sum->sum += counter_read(&h->sum);
}
