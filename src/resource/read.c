/*
 * GET, HEAD and OPTIONS on lists and rows.
 *
 * SPDX-License-Identifier: MIT
 */
#include "resource/count.h"
#include "resource/plan_cache.h"
#include "resource/precondition.h"
#include "resource/streamed.h"
#include "resource/target.h"
#include "resource/verbs.h"
#include "store/run/reader.h"

/* How many rows fill a page; INT64_MAX: no number does. */
static int64_t page_size(const struct call *call)
{
    int64_t limit = call->tree.root.limit, max = call->options.max_rows;

    if (call->options.all_rows)
        max = 0;
    if (max > 0 && (limit < 0 || limit > max))
        limit = max;
    if (limit < 0)
        return INT64_MAX;
    return limit;
}

/* The time is looked at each time the answer has grown by this much: a row may be large, and SQLite
 * counts none of what is done with it. */
#define LOOK_BYTES 65536

static bool has_time(struct page *page, struct error *e)
{
    struct call *call = page->call;

    if (call->reply.len < page->seen + LOOK_BYTES)
        return true;
    page->seen = call->reply.len;
    return !reader_stops(call->reader, e);
}

static enum row_verdict take_row(void *context, const struct row *row, struct error *e)
{
    struct page *page = context;
    struct call *call = page->call;
    const struct plan *plan = page->plan;

    if (!has_time(page, e))
        return ROW_FAILED;
    sink_row(&page->sink, row);
    bool is_last = plan->n_cursor > 0 && (int64_t)page->sink.rows == page->size;
    if (is_last && !target_link(call, row, plan))
        return ROW_FAILED;
    if (call->reply.failed)
        return ROW_ENOUGH;
    page->whole = call->reply.len;
    if (page->whole >= page->piece)
        return streamed_pause(page, e);
    return ROW_MORE;
}

static struct page make_page(struct call *call, const struct plan *plan, int64_t size)
{
    return (struct page){
        .call = call,
        .plan = plan,
        .sink = {.out = &call->reply, .media = call->media, .shape = &plan->shape},
        .take = take_row,
        .size = size,
        .piece = STREAMED_NEVER,
    };
}

/* Writes the rows, as far as it does: READING_PAUSED. */
static enum reading_state write_rows(struct page *page, bool routine, struct reading **rest)
{
    struct call *call = page->call;
    enum reading_state state;

    streamed_limit(page, routine);
    sink_begin(&page->sink);
    state = target_read_on(call, page->plan, take_row, page, rest);
    if (state == READING_FAILED || streamed_outgrows(page))
        return READING_FAILED;
    if (state == READING_PAUSED || page->is_endless)
        return READING_PAUSED;
    sink_end(&page->sink);
    return media_check_rows(call, page->sink.rows) ? READING_ENDED : READING_FAILED;
}

static enum progress answer_in_pieces(struct page *page, struct reading *rest,
                                      const struct plan_source *source, const struct count *count)
{
    unsigned follows = source->routine ? PREFER_FOLLOWS_AFFECTED : 0U;

    target_applied(page->call, PREFER_FOLLOWS_COUNT | follows);
    return streamed_begin(page, rest, count->guessed ? -1 : count->total);
}

static enum progress answer_list(struct call *call, const struct plan_source *source,
                                 const struct plan *plan)
{
    struct page page;
    struct count count;
    struct reading *rest = NULL;
    enum reading_state state;
    int64_t rows;

    if (media_is_plan(call))
        return target_answer_plan(call, plan);
    if (!count_rows(call, source, &count))
        return call_fail(call);
    page = make_page(call, plan, page_size(call));
    state = write_rows(&page, source->routine != NULL, &rest);
    if (state == READING_FAILED)
        return call_fail(call);
    if (state == READING_PAUSED)
        return answer_in_pieces(&page, rest, source, &count);
    rows = (int64_t)page.sink.rows;
    if (!count_after(call, rows, page.size, &count))
        return call_fail(call);
    if (source->routine && !target_check_affected(call, (size_t)rows))
        return call_fail(call);
    call->cacheable = plan->cacheable ? CACHEABLE_SNAPSHOT : CACHEABLE_NOT;
    target_applied(call, PREFER_FOLLOWS_COUNT | (source->routine ? PREFER_FOLLOWS_AFFECTED : 0U));
    target_range(call, call->tree.root.offset, rows, count.total);
    /* As PostgREST: an empty page of something is a part, too. */
    return target_reply(call, rows < count.total ? OUTCOME_PARTIAL : OUTCOME_OK);
}

static bool plan_list(struct call *call, const struct plan_source *source, struct plan *plan)
{
    if (!target_take_range(call))
        return false;
    return plan_select(&call->arena, source, &call->tree, &call->options, plan, &call->error);
}

enum progress target_answer_list(struct call *call, const struct plan_source *source)
{
    struct plan plan;

    if (!plan_list(call, source, &plan))
        return call_fail(call);
    return answer_list(call, source, &plan);
}

enum progress list_read(struct call *call)
{
    struct plan_source source = {NULL, NULL};
    struct plan_look look;
    struct plan plan;
    enum plan_found found = plan_cache_find(call, REQUEST_OF_LIST, &look, &plan);

    if (found == PLAN_FAILED)
        return call_fail(call);
    if (found == PLAN_UNKNOWN && !target_list(call))
        return call_fail(call);
    source.table = call->table;
    if (found == PLAN_UNKNOWN) {
        call->options.sources = look.keep;
        if (!plan_list(call, &source, &plan))
            return call_fail(call);
        plan_cache_keep(call, &look, &plan);
    }
    return answer_list(call, &source, &plan);
}

static enum row_verdict take_one(void *context, const struct row *row, struct error *e)
{
    struct page *page = context;
    (void)e;

    sink_row(&page->sink, row);
    return ROW_ENOUGH;
}

/* The one row into the answer; false, with ERROR_NO_ROW, if it is not there. */
static bool write_one(struct call *call, const struct plan *plan)
{
    struct page page = make_page(call, plan, 1);

    sink_begin(&page.sink);
    if (!target_read(call, plan, take_one, &page))
        return false;
    if (page.sink.rows > 0)
        return true;
    if (!precondition_holds(call, 0))
        return false;
    return error_set(&call->error, ERROR_NO_ROW, "there is no row with this key");
}

static bool plan_row(struct call *call, struct plan *plan)
{
    const struct plan_source source = {call->table, NULL};

    call->options.one_row = true;
    return plan_select(&call->arena, &source, &call->tree, &call->options, plan, &call->error);
}

static enum progress answer_row(struct call *call, const struct plan *plan)
{
    bool plain = call->media == MEDIA_JSON;

    if (media_is_plan(call))
        return target_answer_plan(call, plan);
    if (plain)
        call->media = MEDIA_OBJECT; /* a row's path answers an object */
    if (!write_one(call, plan))
        return call_fail(call);
    call->cacheable = plan->cacheable ? CACHEABLE_SNAPSHOT : CACHEABLE_NOT;
    if (plain)
        return target_json(call, OUTCOME_OK);
    return target_reply(call, OUTCOME_OK);
}

enum progress target_answer_row(struct call *call)
{
    struct plan plan;

    if (!plan_row(call, &plan))
        return call_fail(call);
    return answer_row(call, &plan);
}

enum progress row_read(struct call *call)
{
    struct plan_look look;
    struct plan plan;
    enum plan_found found = plan_cache_find(call, REQUEST_OF_ROW, &look, &plan);

    if (found == PLAN_FAILED)
        return call_fail(call);
    if (found == PLAN_KNOWN)
        return answer_row(call, &plan);
    if (!target_row(call))
        return call_fail(call);
    call->options.sources = look.keep;
    if (!plan_row(call, &plan))
        return call_fail(call);
    plan_cache_keep(call, &look, &plan);
    return answer_row(call, &plan);
}

static enum progress options(struct call *call, unsigned methods)
{
    call->allow = methods;
    call->outcome = OUTCOME_OK;
    return CALL_DONE;
}

enum progress list_options(struct call *call)
{
    if (call_resolve(call))
        return options(call, resource_list_methods(call->table));
    return call_fail(call);
}

enum progress row_options(struct call *call)
{
    struct condition *none;

    if (!call_resolve(call))
        return call_fail(call);
    if (call->table->n_key == 0 && /* no row has a path: in the words of the other verbs */
        !plan_key_filter(&call->arena, call->table, NULL, 0, &none, &call->error))
        return call_fail(call);
    return options(call, resource_row_methods(call->table));
}
