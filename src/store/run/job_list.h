/*
 * Jobs in a row, any of which can be taken out: linked forwards by their completions, as the completion
 * queue carries them, and backwards by `previous`.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef THIMBLE_STORE_RUN_JOB_LIST_H
#define THIMBLE_STORE_RUN_JOB_LIST_H

#include <stddef.h>

#include "store/run/writer.h"

struct job_list {
    struct job *first, *last; /* oldest first */
    size_t length;
};

/* The job that a completion is of. */
static inline struct job *job_of(struct completion *completion)
{
    return (struct job *)completion;
}

static inline struct job *job_next(const struct job *job)
{
    return job_of(job->completion.next);
}

static inline void job_list_append(struct job_list *list, struct job *job)
{
    job->completion.next = NULL;
    job->previous = list->last;
    if (list->last)
        list->last->completion.next = &job->completion;
    else
        list->first = job;
    list->last = job;
    list->length++;
}

static inline void job_list_remove(struct job_list *list, struct job *job)
{
    struct job *next = job_next(job);

    if (job->previous)
        job->previous->completion.next = job->completion.next;
    else
        list->first = next;
    if (next)
        next->previous = job->previous;
    else
        list->last = job->previous;
    job->previous = NULL;
    job->completion.next = NULL;
    list->length--;
}

#endif
