/*
 * The part of GET /metrics that is about the data: the writer, the WAL, the caches.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_ADMIN_METRICS_H
#define THIMBLE_ADMIN_METRICS_H

struct buf;
struct call;
struct db_cache_counts;
struct lane_stats;

/* Appends the families; `readers` are the caches of all loops' readers, added up. */
void metrics_write_data(struct buf *out, struct call *call, struct db_cache_counts readers);

/* Those of the reader lane (metrics_lane.c). */
void metrics_write_lane(struct buf *out, const struct lane_stats *stats);

#endif
