/*
 * GET /metrics: answers that are sent in pieces, bodies that come so.
 *
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>

#include "base/exposition.h"
#include "http/metrics.h"

static void write_streams(struct buf *out, const struct loop_metrics *m)
{
    static const char name[] = "thimble_streams_total", bytes[] = "thimble_stream_bytes_total";
    char labels[48];

    exposition_family(out, name, "counter",
                      "Answers that were sent in pieces and have ended, by how they did.");
    for (unsigned i = STREAM_END_NONE + 1; i < STREAM_ENDS; i++) {
        snprintf(labels, sizeof labels, "end=\"%s\"", metrics_stream_end_name((enum stream_end)i));
        exposition_sample(out, name, labels, counter_read(&m->streams[i]));
    }
    exposition_family(out, bytes, "counter", "Bytes of such answers, those included that go on.");
    exposition_sample(out, bytes, "", counter_read(&m->stream_bytes));
}

static void write_uploads(struct buf *out, const struct loop_metrics *m)
{
    static const char name[] = "thimble_uploads_total";
    char labels[48];

    exposition_family(
        out, name, "counter",
        "Bodies past --max-body that ended: written (complete), answered why not (failed), not "
        "received in time (timeout), left by their client (gone) or cut off (shutdown).");
    for (unsigned i = 0; i < UPLOAD_ENDS; i++) {
        snprintf(labels, sizeof labels, "end=\"%s\"", upload_end_name((enum upload_end)i));
        exposition_sample(out, name, labels, counter_read(&m->uploads[i]));
    }
}

void metrics_write_transfers(struct buf *out, const struct loop_metrics *m)
{
    write_streams(out, m);
    write_uploads(out, m);
}
