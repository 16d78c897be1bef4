/* SPDX-License-Identifier: MIT */
#include "store/run/slow_jobs.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

bool slow_jobs_init(struct slow_jobs *s, size_t max)
{
    *s = (struct slow_jobs){.max = max, .flows = calloc(max + 1, sizeof *s->flows)};
    return s->flows != NULL;
}

void slow_jobs_finish(struct slow_jobs *s)
{
    free(s->flows);
    s->flows = NULL;
}

/* Its place among the flows; n_flows: it has none. */
static size_t find_flow(const struct slow_jobs *s, uint64_t address)
{
    size_t at = 0;

    while (at < s->n_flows && s->flows[at].address != address)
        at++;
    return at;
}

static void remove_flow(struct slow_jobs *s, size_t at)
{
    size_t behind = s->n_flows - at - 1;

    memmove(&s->flows[at], &s->flows[at + 1], behind * sizeof *s->flows);
    s->n_flows--;
}

static void take_out(struct slow_jobs *s, size_t at, struct job *job)
{
    job_list_remove(&s->flows[at].jobs, job);
    job->place = PLACE_NONE;
    s->length--;
    if (s->flows[at].jobs.length == 0)
        remove_flow(s, at);
}

/* The flow `longest`, if none has more jobs. */
static size_t longest_flow(const struct slow_jobs *s, size_t longest)
{
    for (size_t at = 0; at < s->n_flows; at++) {
        if (s->flows[at].jobs.length > s->flows[longest].jobs.length)
            longest = at;
    }
    return longest;
}

struct job *slow_jobs_put(struct slow_jobs *s, struct job *job)
{
    size_t at = find_flow(s, job->address);
    struct job *youngest;

    if (at == s->n_flows)
        s->flows[s->n_flows++] = (struct slow_flow){.address = job->address};
    job_list_append(&s->flows[at].jobs, job);
    job->place = PLACE_SLOW;
    s->length++;
    if (s->length <= s->max)
        return NULL;
    at = longest_flow(s, at);
    youngest = s->flows[at].jobs.last;
    take_out(s, at, youngest);
    return youngest;
}

struct job *slow_jobs_take(struct slow_jobs *s)
{
    struct slow_flow flow;
    struct job *job;

    if (s->n_flows == 0)
        return NULL;
    flow = s->flows[0];
    job = flow.jobs.first;
    job_list_remove(&flow.jobs, job);
    job->place = PLACE_NONE;
    s->length--;
    remove_flow(s, 0);
    if (flow.jobs.length > 0) /* its next turn is after all others' */
        s->flows[s->n_flows++] = flow;
    return job;
}

void slow_jobs_remove(struct slow_jobs *s, struct job *job)
{
    take_out(s, find_flow(s, job->address), job);
}

size_t slow_jobs_of(const struct slow_jobs *s, uint64_t address)
{
    size_t at = find_flow(s, address);

    return at < s->n_flows ? s->flows[at].jobs.length : 0;
}

static uint64_t shape_of(const struct job *job)
{
    return job->shape.len ? hash_bytes(job->shape, 0) : 0;
}

void slow_jobs_remember(struct slow_jobs *s, const struct job *job)
{
    uint64_t shape = shape_of(job);
    uint64_t *place = &s->shapes[shape % SLOW_SHAPES];

    if (shape == 0)
        return;
    s->n_shapes += *place == 0;
    *place = shape;
}

void slow_jobs_forgive(struct slow_jobs *s, const struct job *job)
{
    uint64_t shape = shape_of(job);
    uint64_t *place = &s->shapes[shape % SLOW_SHAPES];

    if (shape == 0 || *place != shape)
        return;
    *place = 0;
    s->n_shapes--;
}

bool slow_jobs_know(const struct slow_jobs *s, const struct job *job)
{
    uint64_t shape;

    if (s->n_shapes == 0)
        return false;
    shape = shape_of(job);
    return shape != 0 && s->shapes[shape % SLOW_SHAPES] == shape;
}
