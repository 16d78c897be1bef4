/* SPDX-License-Identifier: MIT */
#include "base/exposition.h"

#include <stdio.h>

#include "base/text.h"

void exposition_family(struct buf *out, const char *name, const char *type, const char *help)
{
    buf_addf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void begin_sample(struct buf *out, const char *name, const char *labels)
{
    buf_add_text(out, name);
    if (labels[0])
        buf_addf(out, "{%s}", labels);
    buf_add_char(out, ' ');
}

void exposition_sample(struct buf *out, const char *name, const char *labels, uint64_t value)
{
    begin_sample(out, name, labels);
    buf_addf(out, "%llu\n", (unsigned long long)value);
}

static void add_in_unit(struct buf *out, uint64_t value, uint32_t unit)
{
    if (unit == 1)
        buf_addf(out, "%llu\n", (unsigned long long)value);
    else
        buf_addf(out, "%llu.%06llu\n", (unsigned long long)(value / 1000000),
                 (unsigned long long)(value % 1000000));
}

void exposition_seconds(struct buf *out, const char *name, const char *labels, uint64_t us)
{
    begin_sample(out, name, labels);
    add_in_unit(out, us, 1000000);
}

/* The count is that of the bucket +Inf: a counter may move while it is read, so it is made of
 * the same numbers. */
void exposition_histogram(struct buf *out, const char *name, const char *labels,
                          const struct buckets *b, const struct histogram_sum *values)
{
    const char *comma = text_if(labels[0], ",");
    char part[128];
    uint64_t count = 0;

    for (size_t i = 0; i < b->n; i++) {
        count += values->counts[i];
        buf_addf(out, "%s_bucket{%s%sle=\"%g\"} %llu\n", name, labels, comma,
                 (double)b->bounds[i] / b->unit, (unsigned long long)count);
    }
    count += values->counts[b->n];
    buf_addf(out, "%s_bucket{%s%sle=\"+Inf\"} %llu\n", name, labels, comma,
             (unsigned long long)count);
    snprintf(part, sizeof part, "%s_sum", name);
    begin_sample(out, part, labels);
    add_in_unit(out, values->sum, b->unit);
    snprintf(part, sizeof part, "%s_count", name);
    exposition_sample(out, part, labels, count);
}

static int64_t figure(const struct sample_row *row, const void *figures)
{
    return *(const int64_t *)(const void *)((const char *)figures + row->offset);
}

void exposition_table(struct buf *out, const struct sample_row *rows, size_t n, const void *figures)
{
    for (size_t i = 0; i < n; i++) {
        int64_t value = figure(&rows[i], figures);

        if (value < 0)
            continue;
        if (rows[i].help)
            exposition_family(out, rows[i].name, rows[i].type, rows[i].help);
        if (rows[i].unit == SAMPLE_MICROSECONDS)
            exposition_seconds(out, rows[i].name, rows[i].labels, (uint64_t)value);
        else
            exposition_sample(out, rows[i].name, rows[i].labels, (uint64_t)value);
    }
}
