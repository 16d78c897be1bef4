/* SPDX-License-Identifier: MIT */
#include "http/request.h"

#include <assert.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/text.h"
#include "http/access_log.h"
#include "http/loop.h"

/* Spare requests kept by a loop, and how large the buffers of one may stay. */
#define SPARE_MAX        1024
#define SPARE_BUFFER_MAX 4096

static struct request *take(struct loop *loop)
{
    struct request *r = loop->spare;

    if (r) {
        loop->spare = r->next;
        loop->n_spare--;
        return r;
    }
    if (!memory_take(MEMORY_REQUESTS, sizeof *r))
        return NULL;
    r = calloc(1, sizeof *r);
    if (!r)
        memory_give(MEMORY_REQUESTS, sizeof *r);
    return r;
}

static void drop(struct request *r)
{
    call_free(&r->call);
    free(r);
    memory_give(MEMORY_REQUESTS, sizeof *r);
}

static void shrink(struct buf *b)
{
    if (b->cap > SPARE_BUFFER_MAX)
        buf_finish(b);
}

static void give_back(struct loop *loop, struct request *r)
{
    call_finish(&r->call);
    if (loop->n_spare >= SPARE_MAX) {
        drop(r);
        return;
    }
    shrink(&r->call.reply);
    shrink(&r->call.body);
    r->next = loop->spare;
    loop->spare = r;
    loop->n_spare++;
}

void request_free_spare(struct loop *loop)
{
    for (struct request *r = loop->spare, *next; r; r = next) {
        next = r->next;
        drop(r);
    }
    loop->spare = NULL;
    loop->n_spare = 0;
}

static struct connection *peer_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    if (info)
        return info->socket_context;
    return NULL;
}

/*
 * RFC 9112 §3.2.2: a target may come in absolute form, as to a proxy: its host counts, its path and its
 * query. What may stand before the host, user@, means nothing.
 */
static struct slice without_authority(struct slice target, struct slice *host)
{
    static const struct slice schemes[] = {SLICE_LITERAL("http://"), SLICE_LITERAL("https://")};
    size_t begin = 0, at;

    for (size_t i = 0; i < 2 && begin == 0; i++) {
        size_t n = schemes[i].len;

        if (target.len > n && text_equal_nocase(slice_make(target.data, n), schemes[i]))
            begin = n;
    }
    if (begin == 0)
        return target;
    for (at = begin; at < target.len && target.data[at] != '/' && target.data[at] != '?'; at++) {
        if (target.data[at] == '@')
            begin = at + 1;
    }
    *host = slice_make(target.data + begin, at - begin);
    if (at == target.len)
        return (struct slice)SLICE_LITERAL("/");
    return slice_make(target.data + at, target.len - at);
}

static void split_target(struct request *r)
{
    struct slice target = r->target;
    const char *mark;

    if (target.len && target.data[0] != '/')
        target = r->target = without_authority(target, &r->host);
    mark = target.len ? memchr(target.data, '?', target.len) : NULL;
    r->call.path = slice_make(target.data, mark ? (size_t)(mark - target.data) : target.len);
    if (mark)
        r->call.query = slice_make(mark + 1, target.len - r->call.path.len - 1);
    if (mark && mark == target.data)
        r->call.path = (struct slice)SLICE_LITERAL("/");
}

void *request_begin(void *context, const char *target, struct MHD_Connection *connection)
{
    struct loop *loop = context;
    struct connection *peer = peer_of(connection);
    struct request *r = peer ? take(loop) : NULL;
    char *copy;

    if (!r) /* no memory, now or when the connection came: it is closed */
        return NULL;
    loop_answer(loop); /* one turn may hold many slow requests */
    call_init(&r->call, loop->service);
    r->call.reader = loop->reader;
    r->call.plans = &loop->plans;
    r->call.completions = &loop->completions;
    r->call.admin = loop->admin;
    r->call.address = peer->share;
    r->client = &peer->from;
    r->is_far = peer->is_far;
    r->call.now_us = loop->now_us;
    if (loop->options->request_timeout_us)
        r->call.deadline_us = r->call.now_us + loop->options->request_timeout_us;
    r->loop = loop;
    r->connection = connection;
    r->peer = peer;
    if (peer->trusted)
        r->hops = (struct hops){0};
    r->phase = REQUEST_HEADERS;
    r->route = NULL;
    r->host = r->fetch_site = (struct slice){NULL, 0};
    r->traceparent = r->origin = r->asked_headers = r->coding = (struct slice){NULL, 0};
    r->credentials = (struct credentials){.apikey = {NULL, 0}};
    r->principal = (struct principal){.kind = PRINCIPAL_ANONYMOUS};
    r->quota.rate = NULL;
    r->announced = -1;
    r->asks_method = false;
    r->plain = true;
    r->header_bytes = r->body_seen = r->answer_bytes = 0;
    r->id[0] = '\0';
    r->id_given = r->head_failed = r->is_upload = false;
    r->upload = NULL;
    r->status = 0;
    copy = arena_copy(&r->call.arena, slice_from(target));
    r->target = slice_from(copy); /* empty if memory is out: refused as no route */
    split_target(r);
    loop->in_flight++;
    counter_add(&loop->metrics.begun, 1);
    connection_enter(&loop->peers, r->peer, CONNECTION_ACTIVE, r->call.now_us);
    return r;
}

void request_end(void *context, struct MHD_Connection *connection, void **request,
                 enum MHD_RequestTerminationCode how)
{
    struct loop *loop = context;
    struct request *r = *request;
    int64_t now;
    (void)connection;

    if (!r)
        return;
    *request = NULL;
    assert(r->phase != REQUEST_WAITING && r->phase != REQUEST_IN_LANE);
    assert(r->phase != REQUEST_KEEPING);
    if (r->upload)
        upload_end(r, upload_lost(r));
    now = loop->now_us = clock_us();
    if (r->call.in_pieces)
        stream_finish(r, how == MHD_REQUEST_TERMINATED_COMPLETED_OK);
    access_log(r, now);
    metrics_request(&loop->metrics, r, now - r->call.now_us,
                    how == MHD_REQUEST_TERMINATED_COMPLETED_OK);
    loop->in_flight--;
    loop->rest_us = now + LOOP_REST_US;
    connection_enter(&loop->peers, r->peer, CONNECTION_IDLE, now);
    give_back(loop, r);
}
