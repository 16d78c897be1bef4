/* SPDX-License-Identifier: MIT */
#include "store/run/lane_queue.h"

#include <stdlib.h>

#include "store/run/lane.h"

bool lane_queue_init(struct lane_queue *q, size_t max, size_t threads, size_t streams,
                     struct error *e)
{
    *q = (struct lane_queue){
        .max = max,
        .max_waiting = (max + 1) / 2,
        .max_running = threads > 1 ? threads - 1 : 1,
        .n_clients = max + threads + streams, /* each has a job at least */
    };
    q->clients = calloc(q->n_clients, sizeof *q->clients);
    return q->clients || error_set(e, ERROR_MEMORY, "out of memory");
}

void lane_queue_finish(struct lane_queue *q)
{
    free(q->clients);
    q->clients = NULL;
}

static bool is_free(const struct lane_client *c)
{
    return c->waiting == 0 && c->running == 0;
}

static bool is_of(const struct lane_client *c, const struct lane_job *job)
{
    return c->address[0] == job->address[0] && c->address[1] == job->address[1];
}

/* The address's place, which may be a free one: never NULL, there are as many as jobs. */
static struct lane_client *client_of(struct lane_queue *q, const struct lane_job *job)
{
    struct lane_client *place = NULL;

    for (size_t i = 0; i < q->n_clients; i++) {
        struct lane_client *c = &q->clients[i];

        if (is_free(c))
            place = place ? place : c;
        else if (is_of(c, job))
            return c;
    }
    if (place)
        *place = (struct lane_client){.address = {job->address[0], job->address[1]}};
    return place;
}

static void join_turns(struct lane_queue *q, struct lane_client *c)
{
    c->next = NULL;
    *(q->last ? &q->last->next : &q->first) = c;
    q->last = c;
}

static void leave_turns(struct lane_queue *q, struct lane_client *c)
{
    struct lane_client *before = NULL;

    for (struct lane_client *at = q->first; at != c; at = at->next)
        before = at;
    *(before ? &before->next : &q->first) = c->next;
    if (q->last == c)
        q->last = before;
}

/* What goes on has begun: it is let in. */
static bool has_room(const struct lane_queue *q, const struct lane_client *c,
                     const struct lane_job *job, size_t *ahead)
{
    *ahead = c->waiting - c->pieces;
    if (job->reader || *ahead < q->max_waiting)
        return true;
    return false;
}

bool lane_queue_put(struct lane_queue *q, struct lane_job *job, size_t *ahead)
{
    bool is_piece = job->reader != NULL;
    struct lane_client *c;

    *ahead = q->length - q->pieces;
    if (!is_piece && *ahead >= q->max)
        return false;
    c = client_of(q, job);
    if (!has_room(q, c, job, ahead))
        return false;
    job->client = c;
    job->completion.next = NULL;
    *(c->last ? &c->last->next : &c->first) = &job->completion;
    c->last = &job->completion;
    if (c->waiting++ == 0)
        join_turns(q, c);
    c->pieces += is_piece;
    q->pieces += is_piece;
    q->length++;
    return true;
}

/* What comes after `before`, the first if that is NULL, waits no longer. */
static void unlink_job(struct lane_queue *q, struct lane_client *c, struct completion *before)
{
    struct completion **at = before ? &before->next : &c->first;
    struct completion *job = *at;

    *at = job->next;
    if (c->last == job)
        c->last = before;
    job->next = NULL;
    bool is_piece = ((struct lane_job *)job)->reader != NULL;
    c->pieces -= is_piece;
    q->pieces -= is_piece;
    c->waiting--;
    q->length--;
}

struct lane_job *lane_queue_take(struct lane_queue *q)
{
    struct lane_client *c = q->first;
    struct completion *job;

    while (c && c->running >= q->max_running)
        c = c->next;
    if (!c)
        return NULL;
    leave_turns(q, c);
    job = c->first;
    unlink_job(q, c, NULL);
    c->running++;
    if (c->waiting > 0)
        join_turns(q, c);
    return (struct lane_job *)job;
}

void lane_queue_done(struct lane_client *client)
{
    client->running--;
}

bool lane_queue_remove(struct lane_queue *q, struct lane_job *job)
{
    struct lane_client *c = job->client;
    struct completion *before = NULL, *at = c->first;

    /* The place is another address's, perhaps, if the job was taken long ago. */
    while (at && at != &job->completion) {
        before = at;
        at = at->next;
    }
    if (!at)
        return false;
    unlink_job(q, c, before);
    if (c->waiting == 0)
        leave_turns(q, c);
    return true;
}
