/*
 * What is counted while serving. A counter or histogram has one writer, the thread it belongs
 * to: counting is a plain load and store, without a locked instruction. Any thread may read.
 * Nothing to free.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_BASE_METRICS_H
#define THIMBLE_BASE_METRICS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct counter {
    _Atomic uint64_t value;
};

static inline uint64_t counter_read(const struct counter *c)
{
    return atomic_load_explicit(&c->value, memory_order_relaxed);
}

static inline void counter_set(struct counter *c, uint64_t value)
{
    atomic_store_explicit(&c->value, value, memory_order_relaxed);
}

static inline void counter_add(struct counter *c, uint64_t n)
{
    counter_set(c, counter_read(c) + n);
}

#define BUCKETS_MAX 18

/* Upper bounds of a histogram, rising; `unit` of them are one in the metric's base unit. */
struct buckets {
    uint32_t unit; /* 1000000: the values are microseconds, the metric is in seconds */
    uint32_t n;
    uint32_t bounds[BUCKETS_MAX];
};

/* Durations in microseconds, shown in seconds; sizes of a batch, as they are. */
extern const struct buckets buckets_duration, buckets_batch;

struct histogram {
    struct counter counts[BUCKETS_MAX + 1]; /* by bucket; counts[n] is what is over all bounds */
    struct counter sum;
};

void histogram_observe(struct histogram *h, const struct buckets *b, uint64_t value);

/* Plain numbers read from one histogram or added up from several. */
struct histogram_sum {
    uint64_t counts[BUCKETS_MAX + 1];
    uint64_t sum;
};

/* Adds what `h` holds now; `sum` is zeroed before the first. */
void histogram_collect(const struct histogram *h, struct histogram_sum *sum);

#endif
