/* SPDX-License-Identifier: MIT */
#include "http/upload.h"

#include <assert.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/worker.h"
#include "http/loop.h"
#include "http/request.h"
#include "http/uploads.h"
#include "resource/upload.h"
#include "store/files/spool.h"

/* What is written at once, and the memory that an upload takes. */
#define PIECE ((size_t)256 << 10)

struct upload_body {
    struct worker_job job; /* first: the thread's */
    struct request *request;
    struct uploads *all;
    struct upload_place of;
    struct spool *spool; /* NULL: nothing is written yet */
    int64_t deadline_us; /* when it must be whole; 0: no limit */
};

/* ---- its beginning */

static bool no_place(struct request *r)
{
    error_set(&r->call.error, ERROR_BUSY, "other bodies past --max-body are under way");
    return error_hint(&r->call.error,
                      "Send the request again later; --max-uploads is how many there may be at a "
                      "time, half of them from one client.");
}

/* More than this is written. */
static size_t enough(const struct request *r)
{
    size_t pool = loop_pool_size(r->loop->options);

    return PIECE - (pool < PIECE / 2 ? pool : PIECE / 2);
}

/* What libmicrohttpd gives at once comes on top of enough. */
static void make_room(struct request *r)
{
    size_t now = r->call.body.len > enough(r) ? r->call.body.len : enough(r);

    r->call.body.max = now + loop_pool_size(r->loop->options);
}

static int64_t deadline(const struct request *r)
{
    int64_t timeout = r->call.service->upload_timeout_us;

    return timeout ? r->loop->now_us + timeout : 0;
}

bool upload_begin(struct request *r)
{
    struct call *call = &r->call;
    struct upload_body *u;

    if (!upload_check(r))
        return false;
    if (atomic_load_explicit(r->loop->draining, memory_order_relaxed))
        return error_set(&call->error, ERROR_DRAINING, "the server is shutting down");
    u = memory_alloc(MEMORY_BODIES, sizeof *u);
    if (!u)
        return error_set(&call->error, ERROR_MEMORY, "out of memory");
    *u = (struct upload_body){
        .job = {.completion.kind = COMPLETION_OF_UPLOAD, .completions = &r->loop->completions},
        .request = r,
        .all = r->loop->uploads,
        .of = {.address = call->address},
        .deadline_us = deadline(r),
    };
    if (!uploads_join(u->all, &u->of)) {
        memory_free(u);
        return no_place(r);
    }
    r->upload = u;
    call->deadline_us = u->deadline_us;
    make_room(r);
    connection_enter(&r->loop->peers, r->peer, CONNECTION_UPLOADING, r->loop->now_us);
    return true;
}

/* ---- what comes */

/* A body whose length is known is refused before the disk is full of its beginning. */
static bool open_file(struct upload_body *u, struct error *e)
{
    struct request *r = u->request;

    if (u->spool)
        return true;
    if (!spool_open(&u->spool, u->all->database, (uint64_t)r->call.service->max_upload, e))
        return false;
    return r->announced < 0 || spool_has_room(u->spool, (uint64_t)r->announced, e);
}

/* On the thread. */
static void write_piece(struct worker_job *job)
{
    struct upload_body *u = (struct upload_body *)job;
    struct call *call = &u->request->call;
    struct slice piece = buf_slice(&call->body);

    uint64_t before;
    bool ok;

    if (!open_file(u, &call->error))
        return;
    before = spool_size(u->spool);
    ok = spool_append(u->spool, piece.data, piece.len, &call->error);
    assert(ok == !error_is_set(&call->error));
    atomic_fetch_add_explicit(&u->all->bytes, (int64_t)(spool_size(u->spool) - before),
                              memory_order_relaxed);
}

/* It is parked (http/parked.h), but that the time for receiving goes on, and that nobody watches the
 * client: it is for a moment. */
static void submit_piece(struct request *r)
{
    struct upload_body *u = r->upload;

    u->job.run = write_piece;
    r->phase = REQUEST_KEEPING;
    r->give_up_us = 0;
    r->watched = false;
    r->loop->parked.n++;
    MHD_suspend_connection(r->connection);
    worker_submit(u->all->worker, &u->job);
}

/* Always false. */
static bool no_memory(struct request *r)
{
    error_set(&r->call.error, ERROR_MEMORY, "others have the memory that the body needs");
    return error_hint(&r->call.error, "Send the request again in a moment; --memory is what all "
                                      "requests have together.");
}

bool upload_take(struct request *r, const char *data, size_t size)
{
    struct buf *body = &r->call.body;

    buf_add(body, data, size);
    if (!r->upload->spool && upload_is_no_array(&r->call)) {
        r->is_upload = r->announced >= 0; /* else nobody knows how much is still to come */
        return upload_too_large(r);
    }
    if (r->body_seen > (size_t)r->call.service->max_upload)
        return upload_past_max(r);
    if (body->failed)
        return no_memory(r);
    if (body->len > enough(r))
        submit_piece(r);
    return true;
}

void upload_return(struct request *r)
{
    struct buf *body = &r->call.body;

    if (error_is_set(&r->call.error)) {
        upload_fail(r);
        return;
    }
    if (body->cap > PIECE) /* what came before it was known to be one */
        buf_finish(body);
    buf_clear(body);
    make_room(r);
}

bool upload_is_whole(struct request *r)
{
    struct upload_body *u = r->upload;
    struct call *call = &r->call;

    if (call->body.len > 0) {
        submit_piece(r);
        return false;
    }
    buf_finish(&call->body);
    spool_rewind(u->spool);
    call->spool = u->spool;
    call->deadline_us = deadline(r);
    return true;
}

/* ---- its end */

/* On the thread: the room on the disk is given back. */
static void close_file(struct worker_job *job)
{
    struct upload_body *u = (struct upload_body *)job;

    if (u->spool)
        atomic_fetch_sub_explicit(&u->all->bytes, (int64_t)spool_size(u->spool),
                                  memory_order_relaxed);
    spool_close(u->spool);
    memory_free(u);
}

void upload_fail(struct request *r)
{
    r->head_failed = true;
    upload_end(r, UPLOAD_FAILED);
    buf_finish(&r->call.body);
}

void upload_end(struct request *r, enum upload_end how)
{
    struct upload_body *u = r->upload;

    if (!u)
        return;
    r->upload = NULL;
    r->call.spool = NULL;
    counter_add(&r->loop->metrics.uploads[how], 1);
    uploads_leave(u->all, &u->of);
    u->job.run = close_file;
    u->job.completions = NULL;
    worker_submit(u->all->worker, &u->job);
}

enum upload_end upload_lost(const struct request *r)
{
    const struct upload_body *u = r->upload;

    if (u && u->deadline_us && clock_us() >= u->deadline_us)
        return UPLOAD_TIMEOUT;
    if (atomic_load_explicit(r->loop->draining, memory_order_relaxed))
        return UPLOAD_SHUTDOWN;
    return UPLOAD_GONE;
}

struct request *upload_request(struct completion *completion)
{
    return ((struct upload_body *)completion)->request;
}
