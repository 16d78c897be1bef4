/* SPDX-License-Identifier: MIT */
#include "http/uploads.h"

#include <stdlib.h>

#include "base/worker.h"
#include "http/server.h"

const char *upload_end_name(enum upload_end end)
{
    static const char *const names[] = {
        [UPLOAD_COMPLETE] = "complete", [UPLOAD_FAILED] = "failed",
        [UPLOAD_TIMEOUT] = "timeout",   [UPLOAD_GONE] = "gone",
        [UPLOAD_SHUTDOWN] = "shutdown",
    };

    return names[end];
}

bool uploads_start(struct uploads **out, const struct server_options *options,
                   const struct service *service, struct error *e)
{
    struct uploads *all;

    *out = NULL;
    if (service->max_upload <= service->max_body || service->read_only)
        return true;
    all = calloc(1, sizeof *all);
    if (!all)
        return error_set(e, ERROR_MEMORY, "out of memory");
    all->worker = worker_start(e);
    if (!all->worker) {
        free(all);
        return false;
    }
    all->database = options->database;
    all->max = options->max_uploads;
    pthread_mutex_init(&all->lock, NULL);
    *out = all;
    return true;
}

void uploads_stop(struct uploads *all)
{
    if (!all)
        return;
    worker_stop(all->worker);
    pthread_mutex_destroy(&all->lock);
    free(all);
}

struct uploads_figures uploads_read(const struct uploads *all)
{
    struct uploads_figures figures = {0};

    if (!all)
        return figures;
    figures.now = (int64_t)atomic_load_explicit(&all->n, memory_order_relaxed);
    figures.max = (int64_t)all->max;
    figures.bytes = atomic_load_explicit(&all->bytes, memory_order_relaxed);
    return figures;
}

/* Behind the lock. */
static size_t count_of(const struct uploads *all, uint64_t address)
{
    size_t n = 0;

    for (const struct upload_place *u = all->first; u; u = u->next)
        n += u->address == address;
    return n;
}

bool uploads_join(struct uploads *all, struct upload_place *u)
{
    bool has_room;

    pthread_mutex_lock(&all->lock);
    has_room = all->n < all->max && count_of(all, u->address) < (all->max + 1) / 2;
    if (has_room) {
        u->next = all->first;
        all->first = u;
        all->n++;
    }
    pthread_mutex_unlock(&all->lock);
    return has_room;
}

void uploads_leave(struct uploads *all, struct upload_place *u)
{
    struct upload_place **at = &all->first;

    pthread_mutex_lock(&all->lock);
    while (*at != u)
        at = &(*at)->next;
    *at = u->next;
    all->n--;
    pthread_mutex_unlock(&all->lock);
}
