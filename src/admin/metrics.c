/* SPDX-License-Identifier: MIT */
#include "admin/metrics.h"

#include <stdio.h>

#include "base/exposition.h"
#include "base/log.h"
#include "base/memory.h"
#include "resource/call.h"
#include "admin/verbs.h"
#include "store/store.h"

/* sqlite.org/fileformat2.html §4: a WAL has a header, and one before each page. */
#define WAL_HEADER       32
#define WAL_FRAME_HEADER 24

struct figures {
    int64_t ready;
    int64_t queued, queue_max, slow, slow_max, jobs, failed, refused;
    int64_t undone, overdue, withdrawn, busy_us;
    int64_t database, wal, wal_pending;
    int64_t log_dropped;
    struct {
        int64_t page_hits, page_misses, statement_hits, statement_misses;
    } reader, writer;
};

#define AT(field) offsetof(struct figures, field)
#define READER    "connection=\"reader\""
#define WRITER    "connection=\"writer\""

/* clang-format off */
static const struct sample_row rows[] = {
    {"thimble_ready", "gauge", "", AT(ready), SAMPLE_COUNT,
     "1 if /readyz passes, else 0."},
    {"thimble_log_dropped_total", "counter", "", AT(log_dropped), SAMPLE_COUNT,
     "Log lines that were dropped because nobody read stderr."},
    {"thimble_writer_queue_length", "gauge", "", AT(queued), SAMPLE_COUNT,
     "Writes that wait for the writer."},
    {"thimble_writer_queue_limit", "gauge", "", AT(queue_max), SAMPLE_COUNT,
     "Writes that may wait, --queue-length; more are refused."},
    {"thimble_writer_slow_queue_length", "gauge", "", AT(slow), SAMPLE_COUNT,
     "Slow writes among those that wait for the writer."},
    {"thimble_writer_slow_queue_limit", "gauge", "", AT(slow_max), SAMPLE_COUNT,
     "Slow writes that may wait, --slow-queue-length; more are refused."},
    {"thimble_writer_busy_seconds", "gauge", "", AT(busy_us), SAMPLE_MICROSECONDS,
     "How long the writer has been at what it does now: one write, one COMMIT, or a wait for another "
     "process's lock; 0: it waits for work."},
    {"thimble_writer_jobs_total", "counter", "", AT(jobs), SAMPLE_COUNT,
     "Writes that the writer has run."},
    {"thimble_writer_jobs_failed_total", "counter", "", AT(failed), SAMPLE_COUNT,
     "Writes that changed nothing because they failed, a violated constraint included."},
    {"thimble_writer_jobs_refused_total", "counter", "", AT(refused), SAMPLE_COUNT,
     "Writes that were not queued because the queue was full or the server was stopping."},
    {"thimble_writer_jobs_undone_total", "counter", "", AT(undone), SAMPLE_COUNT,
     "Writes that took long, were undone, and were put among the slow ones to run again."},
    {"thimble_writer_jobs_overdue_total", "counter", "", AT(overdue), SAMPLE_COUNT,
     "Writes that were undone because they took longer than --write-timeout or their request's time."},
    {"thimble_writer_jobs_withdrawn_total", "counter", "", AT(withdrawn), SAMPLE_COUNT,
     "Writes that waited for the writer for as long as their request could, and were not begun."},
    {"thimble_database_size_bytes", "gauge", "", AT(database), SAMPLE_COUNT,
     "Size of the database's file."},
    {"thimble_wal_size_bytes", "gauge", "", AT(wal), SAMPLE_COUNT,
     "Size of the write-ahead log's file, which is used again and not cut."},
    {"thimble_wal_pending_bytes", "gauge", "", AT(wal_pending), SAMPLE_COUNT,
     "Bytes of the write-ahead log that no checkpoint has moved into the database yet."},
    {"thimble_page_cache_hits_total", "counter", READER, AT(reader.page_hits), SAMPLE_COUNT,
     "Pages of the database that were in a connection's page cache."},
    {"thimble_page_cache_hits_total", "counter", WRITER, AT(writer.page_hits), SAMPLE_COUNT, NULL},
    {"thimble_page_cache_misses_total", "counter", READER, AT(reader.page_misses), SAMPLE_COUNT,
     "Pages of the database that had to be read from its file."},
    {"thimble_page_cache_misses_total", "counter", WRITER, AT(writer.page_misses), SAMPLE_COUNT,
     NULL},
    {"thimble_statement_cache_hits_total", "counter", READER, AT(reader.statement_hits),
     SAMPLE_COUNT, "Statements that were found prepared."},
    {"thimble_statement_cache_hits_total", "counter", WRITER, AT(writer.statement_hits),
     SAMPLE_COUNT, NULL},
    {"thimble_statement_cache_misses_total", "counter", READER, AT(reader.statement_misses),
     SAMPLE_COUNT, "Statements that had to be prepared."},
    {"thimble_statement_cache_misses_total", "counter", WRITER, AT(writer.statement_misses),
     SAMPLE_COUNT, NULL},
};
/* clang-format on */

static int64_t pending(const struct writer_stats *stats)
{
    int64_t frames = stats->wal_pages - stats->checkpoints.moved;

    if (frames > 0)
        return WAL_HEADER + frames * (WAL_FRAME_HEADER + stats->page_size);
    return 0;
}

static void collect(struct figures *f, struct call *call, const struct writer_stats *stats,
                    const struct db_cache_counts *readers)
{
    *f = (struct figures){
        .ready = health_is_ready(call),
        .queued = (int64_t)stats->queued,
        .queue_max = (int64_t)stats->queue_max,
        .jobs = (int64_t)stats->jobs,
        .failed = (int64_t)stats->failed,
        .refused = (int64_t)stats->refused,
        .slow = (int64_t)stats->slow,
        .slow_max = (int64_t)stats->slow_max,
        .undone = (int64_t)stats->undone,
        .overdue = (int64_t)stats->overdue,
        .withdrawn = (int64_t)stats->withdrawn,
        .busy_us = stats->busy_us,
        .wal_pending = pending(stats),
        .log_dropped = (int64_t)log_dropped(),
        .reader = {(int64_t)readers->page_hits, (int64_t)readers->page_misses,
                   (int64_t)readers->statement_hits, (int64_t)readers->statement_misses},
        .writer = {(int64_t)stats->caches.page_hits, (int64_t)stats->caches.page_misses,
                   (int64_t)stats->caches.statement_hits, (int64_t)stats->caches.statement_misses},
    };
    store_sizes(call->service->store, &f->database, &f->wal);
}

static void write_histograms(struct buf *out, const struct writer_stats *stats)
{
    static const char batch[] = "thimble_writer_batch_jobs",
                      commit[] = "thimble_commit_duration_seconds",
                      checkpoint[] = "thimble_checkpoint_duration_seconds";

    exposition_family(out, batch, "histogram", "Writes that shared one transaction.");
    exposition_histogram(out, batch, "", &buckets_batch, &stats->batches);
    exposition_family(out, commit, "histogram",
                      "Time of a COMMIT: until the write-ahead log is on the disk.");
    exposition_histogram(out, commit, "", &buckets_duration, &stats->commits);
    exposition_family(out, checkpoint, "histogram",
                      "Time of a checkpoint: passive beside the writes, restart in their way.");
    exposition_histogram(out, checkpoint, "mode=\"passive\"", &buckets_duration,
                         &stats->checkpoints.passive);
    exposition_histogram(out, checkpoint, "mode=\"restart\"", &buckets_duration,
                         &stats->checkpoints.restart);
}

static void write_memory(struct buf *out)
{
    static const char bytes[] = "thimble_memory_bytes", limit[] = "thimble_memory_limit_bytes",
                      refused[] = "thimble_memory_refused_total";
    char labels[48];

    exposition_family(out, bytes, "gauge", "Memory that is counted, by what it is for.");
    for (int use = 0; use < MEMORY_USES; use++) {
        snprintf(labels, sizeof labels, "use=\"%s\"", memory_use_name((enum memory_use)use));
        exposition_sample(out, bytes, labels, memory_count((enum memory_use)use).bytes);
    }
    exposition_family(
        out, limit, "gauge",
        "What all of it may be together: --memory, and caches set on top; 0: no limit.");
    exposition_sample(out, limit, "", memory_ceiling());
    exposition_family(out, refused, "counter",
                      "Memory that was asked for and refused, for want of it, by what it was for.");
    for (int use = 0; use < MEMORY_USES; use++) {
        snprintf(labels, sizeof labels, "use=\"%s\"", memory_use_name((enum memory_use)use));
        exposition_sample(out, refused, labels, memory_count((enum memory_use)use).refused);
    }
}

static void add_caches(struct db_cache_counts *sum, const struct db_cache_counts *more)
{
    sum->page_hits += more->page_hits;
    sum->page_misses += more->page_misses;
    sum->statement_hits += more->statement_hits;
    sum->statement_misses += more->statement_misses;
}

void metrics_write_data(struct buf *out, struct call *call, struct db_cache_counts readers)
{
    struct lane *lane = call->service->lane;
    struct writer_stats stats;
    struct lane_stats slow;
    struct figures figures;

    if (lane) {
        lane_stats(lane, &slow);
        add_caches(&readers, &slow.caches);
    }
    writer_stats(call->service->writer, &stats);
    collect(&figures, call, &stats, &readers);
    exposition_table(out, rows, sizeof rows / sizeof *rows, &figures);
    write_histograms(out, &stats);
    if (lane)
        metrics_write_lane(out, &slow);
    write_memory(out);
}
