/* SPDX-License-Identifier: MIT */
#include "resource/streamed.h"

#include "base/text.h"
#include "query/plan.h"
#include "resource/target.h"
#include "store/run/reader.h"

struct streamed {
    struct page page;
    struct plan plan;
    struct reading *reading;
};

static bool can_be(const struct call *call, bool routine)
{
    bool has_form = call->media == MEDIA_JSON || media_is_endless(call->media);

    if (!has_form || call->service->max_streams == 0 || !call->service->lane)
        return false;
    /* How many rows there are is to be known before any is sent. */
    return !(routine && prefer_limits_affected(&call->prefer));
}

/* Where a piece of so many bytes is left: there is room for a row more, and the buffer does not grow. */
static size_t left_at(size_t bytes)
{
    return bytes - bytes / 8;
}

/* At once, for a buffer that is empty: one that grows leaves the blocks on its way behind. */
static void make_room(struct buf *b, size_t bytes)
{
    if (!buf_reserve(b, bytes))
        buf_clear(b); /* less may do */
}

void streamed_limit(struct page *page, bool routine)
{
    struct call *call = page->call;
    size_t max = (size_t)call->service->max_answer;

    page->piece = STREAMED_NEVER;
    if (!can_be(call, routine))
        return;
    if (media_is_endless(call->media))
        page->piece = left_at(STREAMED_WHOLE < max ? STREAMED_WHOLE : max);
    else if (call->in_lane) /* on a loop it is seen when there is no room (streamed_outgrows) */
        page->piece = left_at(max);
    else
        page->piece = max;
    if (!call->in_lane)
        return;
    call->reply.max = page->piece + max; /* a row more, which may be as long as any answer */
    if (media_is_endless(call->media))
        make_room(&call->reply, STREAMED_WHOLE);
}

enum row_verdict streamed_pause(struct page *page, struct error *e)
{
    struct call *call = page->call;

    if (call->method == METHOD_HEAD) {
        page->is_endless = true;
        return ROW_ENOUGH;
    }
    if (call->in_lane)
        return ROW_PAUSE;
    if (call_moves(call, LANE_STREAM))
        return ROW_FAILED;
    error_set(e, ERROR_INTERNAL, "an answer in pieces has no lane to go to");
    return ROW_FAILED;
}

bool streamed_outgrows(struct page *page)
{
    struct call *call = page->call;

    if (!call->reply.full || page->piece == STREAMED_NEVER || call->in_lane)
        return false;
    if (call->method != METHOD_HEAD)
        return call_moves(call, LANE_STREAM);
    buf_clear(&call->reply);
    page->is_endless = true;
    return false;
}

/* Which answer If-Match names cannot be said of one that has no tag. */
static bool may_begin(struct call *call)
{
    if (!call->if_match.data || slice_is(text_trim(call->if_match), "*"))
        return true;
    error_set(&call->error, ERROR_PRECONDITION, "what is there now is not what If-Match names");
    return error_hint(&call->error, "The answer is sent in pieces and has no ETag: leave it out.");
}

/* Content-Range, where the rows that are to come are known. */
static enum outcome announce(struct page *page, int64_t total)
{
    struct call *call = page->call;
    int64_t offset = call->tree.root.offset, rows = total - offset;

    call->content_range[0] = '\0';
    if (total < 0)
        return OUTCOME_OK;
    if (rows > page->size)
        rows = page->size;
    target_range(call, offset, rows, total);
    return rows < total ? OUTCOME_PARTIAL : OUTCOME_OK;
}

/* In the call's arena, as the reading goes on when the verb is over. */
static bool keep(struct page *page, struct reading *reading)
{
    struct streamed *s = arena_alloc(&page->call->arena, sizeof *s);

    if (!s)
        return error_set(&page->call->error, ERROR_MEMORY, "out of memory");
    *s = (struct streamed){.page = *page, .plan = *page->plan, .reading = reading};
    s->plan.n_cursor = 0; /* there is no Link any more */
    s->page.plan = &s->plan;
    s->page.sink.shape = &s->plan.shape;
    page->call->streamed = s;
    return true;
}

enum progress streamed_begin(struct page *page, struct reading *reading, int64_t total)
{
    struct call *call = page->call;

    if (!may_begin(call) || (reading && !keep(page, reading))) {
        reading_end(reading);
        return call_fail(call);
    }
    call->link = NULL;
    call->cacheable = CACHEABLE_NOT;
    call->in_pieces = true;
    return target_reply(call, announce(page, total));
}

/* The form's own end; or there is no room for a row, which is longer than an answer may be. */
static enum reading_state finish(struct streamed *s, enum reading_state state)
{
    struct call *call = s->page.call;

    if (state == READING_ENDED && !call->reply.failed)
        sink_end(&s->page.sink);
    if (state != READING_FAILED && call->reply.failed) {
        target_no_room(call);
        state = READING_FAILED;
    }
    if (state == READING_FAILED) {
        call->reply.len = s->page.whole;
        call->reply.failed = call->reply.full = false;
    }
    return state;
}

enum reading_state streamed_next(struct call *call, size_t bytes)
{
    struct streamed *s = call->streamed;
    enum reading_state state;

    s->page.piece = left_at(bytes);
    make_room(&call->reply, bytes);
    s->page.seen = s->page.whole = 0;
    state = finish(s, reading_go_on(s->reading, s->page.take, &s->page, &call->error));
    if (state != READING_PAUSED)
        streamed_end(call);
    return state;
}

void streamed_end(struct call *call)
{
    if (!call->streamed)
        return;
    reading_end(call->streamed->reading);
    call->streamed = NULL;
}
