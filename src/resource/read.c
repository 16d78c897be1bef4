/*
 * GET, HEAD and OPTIONS on lists and rows.
 *
 * SPDX-License-Identifier: MIT
 */
#include <inttypes.h>

#include "base/text.h"
#include "resource/count.h"
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

enum progress target_answer_list(struct call *call, const struct plan_source *source)
{
    struct plan plan;
    struct page page;
    struct count count;
    struct reading *rest = NULL;
    enum reading_state state;
    int64_t rows;

    if (!target_take_range(call))
        return call_fail(call);
    if (!plan_select(&call->arena, source, &call->tree, &call->options, &plan, &call->error))
        return call_fail(call);
    if (media_is_plan(call))
        return target_answer_plan(call, &plan);
    if (!count_rows(call, source, &count))
        return call_fail(call);
    page = make_page(call, &plan, page_size(call));
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
    call->cacheable = plan.cacheable ? CACHEABLE_SNAPSHOT : CACHEABLE_NOT;
    target_applied(call, PREFER_FOLLOWS_COUNT | (source->routine ? PREFER_FOLLOWS_AFFECTED : 0U));
    target_range(call, call->tree.root.offset, rows, count.total);
    /* As PostgREST: an empty page of something is a part, too. */
    return target_reply(call, rows < count.total ? OUTCOME_PARTIAL : OUTCOME_OK);
}

enum progress list_read(struct call *call)
{
    struct plan_source source = {NULL, NULL};

    if (!target_list(call))
        return call_fail(call);
    source.table = call->table;
    return target_answer_list(call, &source);
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

enum progress target_answer_row(struct call *call)
{
    const struct plan_source source = {call->table, NULL};
    bool plain = call->media == MEDIA_JSON;
    struct plan plan;

    call->options.one_row = true;
    if (!plan_select(&call->arena, &source, &call->tree, &call->options, &plan, &call->error))
        return call_fail(call);
    if (media_is_plan(call))
        return target_answer_plan(call, &plan);
    if (plain)
        call->media = MEDIA_OBJECT; /* a row's path answers an object */
    if (!write_one(call, &plan))
        return call_fail(call);
    call->cacheable = plan.cacheable ? CACHEABLE_SNAPSHOT : CACHEABLE_NOT;
    if (plain)
        return target_json(call, OUTCOME_OK);
    return target_reply(call, OUTCOME_OK);
}

enum progress row_read(struct call *call)
{
    if (target_row(call))
        return target_answer_row(call);
    return call_fail(call);
}

static enum row_verdict take_step(void *context, const struct row *row, struct error *e)
{
    struct page *page = context;
    struct buf *b = &page->call->reply;
    bool first = page->sink.rows++ == 0;
    (void)e;

    if (page->call->media == MEDIA_PLAN_TEXT) {
        buf_add_slice(b, row_bytes(row, 3));
        buf_add_char(b, '\n');
        return ROW_MORE;
    }
    buf_addf(b, "%s{\"id\":%" PRId64 ",\"parent\":%" PRId64 ",\"detail\":", first ? "" : ",",
             row_integer(row, 0), row_integer(row, 1));
    text_json_string(b, row_bytes(row, 3));
    buf_add_char(b, '}');
    return ROW_MORE;
}

/* The caller's parameters are not known to a plan: NULL stands for them. */
static bool fill_values(struct call *call, struct plan *plan)
{
    size_t n = plan->n_leading + plan->n_values + plan->n_trailing;
    struct value *values = arena_zeroed(&call->arena, n + 1, sizeof *values);

    if (!values)
        return error_set(&call->error, ERROR_MEMORY, "out of memory");
    if (plan->n_values)
        memcpy(values + plan->n_leading, plan->values, plan->n_values * sizeof *values);
    plan->values = values;
    plan->n_values = n;
    return true;
}

/* EXPLAIN QUERY PLAN's rows (sqlite.org/eqp.html), and the statement. Nothing is run: a statement
 * that writes may be explained on a reader's connection. */
enum progress target_answer_plan(struct call *call, const struct plan *plan)
{
    struct plan explain = *plan;
    struct page page = {.call = call, .plan = plan};
    bool json = call->media == MEDIA_PLAN_JSON;
    struct query query;

    if (call_moves(call, LANE_PLAN))
        return call_fail(call);
    if (!plan_explain(&call->arena, plan, &explain.sql, &call->error))
        return call_fail(call);
    if (!fill_values(call, &explain))
        return call_fail(call);
    query = plan_query(&explain);
    buf_add_text(&call->reply, json ? "[{\"Plan\":[" : "");
    if (!reader_explain(call->reader, &query, take_step, &page, &call->error))
        return call_fail(call);
    if (json) {
        buf_add_text(&call->reply, "],\"SQL\":");
        text_json_string(&call->reply, plan->sql);
        buf_add_text(&call->reply, "}]");
    }
    return target_reply(call, OUTCOME_OK);
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
