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

/* Appends the families; `readers` are the caches of all loops' readers, added up. */
void metrics_write_data(struct buf *out, struct call *call, const struct db_cache_counts *readers);

#endif
