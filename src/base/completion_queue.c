/* SPDX-License-Identifier: MIT */
#include "base/completion_queue.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

bool completion_queue_init(struct completion_queue *m, struct error *e)
{
    *m = (struct completion_queue){.wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    if (m->wake_fd < 0)
        return error_set(e, ERROR_IO, "cannot open an eventfd: %s", strerror(errno));
    pthread_mutex_init(&m->lock, NULL);
    return true;
}

void completion_queue_finish(struct completion_queue *m)
{
    close(m->wake_fd);
    pthread_mutex_destroy(&m->lock);
}

void completion_queue_nudge(struct completion_queue *m)
{
    const uint64_t one = 1;

    /* It can only fail when the counter is full, and then the receiver is awake. */
    if (write(m->wake_fd, &one, sizeof one) < 0)
        return;
}

void completion_queue_post(struct completion_queue *m, struct completion *first,
                           struct completion *last)
{
    bool was_empty;

    last->next = NULL;
    pthread_mutex_lock(&m->lock);
    was_empty = m->first == NULL;
    *(was_empty ? &m->first : &m->last->next) = first;
    m->last = last;
    pthread_mutex_unlock(&m->lock);
    if (was_empty)
        completion_queue_nudge(m);
}

/* The eventfd is emptied first: what is posted after that wakes again. */
struct completion *completion_queue_take(struct completion_queue *m)
{
    struct completion *first;
    uint64_t count;

    if (read(m->wake_fd, &count, sizeof count) < 0 && errno != EAGAIN)
        return NULL;
    pthread_mutex_lock(&m->lock);
    first = m->first;
    m->first = m->last = NULL;
    pthread_mutex_unlock(&m->lock);
    return first;
}
