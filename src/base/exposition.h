/*
 * Metrics as text: Prometheus' exposition format 0.0.4
 * (prometheus.io/docs/instrumenting/exposition_formats). Labels come ready to print, as
 * `route="row"`; "" is none.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_BASE_EXPOSITION_H
#define THIMBLE_BASE_EXPOSITION_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/metrics.h"

#define EXPOSITION_MEDIA "text/plain; version=0.0.4; charset=utf-8"

/* The comments that open a family. `type` is "counter", "gauge" or "histogram". */
void exposition_family(struct buf *out, const char *name, const char *type, const char *help);

/* One sample. The second form prints `value` microseconds in seconds. */
void exposition_sample(struct buf *out, const char *name, const char *labels, uint64_t value);
void exposition_seconds(struct buf *out, const char *name, const char *labels, uint64_t us);

/* The samples of one histogram: _bucket, _sum, _count. */
void exposition_histogram(struct buf *out, const char *name, const char *labels,
                          const struct buckets *buckets, const struct histogram_sum *values);

enum sample_unit { SAMPLE_COUNT, SAMPLE_MICROSECONDS };

/* One sample of a table: rows of one family stand together, the first has type and help. */
struct sample_row {
    const char *name, *type, *labels;
    size_t offset; /* of an int64_t in the struct of figures; negative: not known, left out */
    enum sample_unit unit;
    const char *help; /* NULL: the same family as the row above */
};

void exposition_table(struct buf *out, const struct sample_row *rows, size_t n,
                      const void *figures);

#endif
