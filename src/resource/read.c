/*
 * GET, HEAD and OPTIONS on lists and rows.
 *
 * SPDX-License-Identifier: MIT
 */
#include <inttypes.h>

#include "base/text.h"
#include "query/cursor.h"
#include "query/json_out.h"
#include "resource/count.h"
#include "resource/precondition.h"
#include "resource/target.h"
#include "resource/verbs.h"
#include "store/db/db.h"
#include "store/run/reader.h"

/* Around a Link's target. */
static const char link_end[] = ">; rel=\"next\"";

struct statement *target_query(struct call *call, const struct plan *plan)
{
    struct statement *st = statement_get(reader_db(call->reader), plan->sql, &call->error);

    if (st && statement_bind(st, plan->values, plan->n_values, &call->error))
        return st;
    statement_release(st);
    return NULL;
}

/* Bytes of a request's target as a URI of the answer has them: a client may have sent some as they
 * are that RFC 3986 does not let a URI hold, '>' of a JSON path above all. */
static void add_target(struct buf *b, struct slice text)
{
    static const struct slice refused = SLICE_LITERAL("<>\"\\^`{|}");

    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];

        if (c <= ' ' || c >= 0x7f || slice_has(refused, (char)c))
            buf_addf(b, "%%%02X", c);
        else
            buf_add_char(b, (char)c);
    }
}

/* The query string with its cursor replaced. */
static void add_query(struct call *call, struct buf *b)
{
    for (size_t at = 0; at < call->query.len;) {
        const char *start = call->query.data + at, *amp = memchr(start, '&', call->query.len - at);
        size_t len = amp ? (size_t)(amp - start) : call->query.len - at;
        bool cursor = len >= 7 && memcmp(start, "cursor=", 7) == 0;

        if (len > 0 && !cursor) {
            add_target(b, slice_make(start, len));
            buf_add_char(b, '&');
        }
        at += len + 1;
    }
}

/* A page whose end cannot be said is no page: a client would take it for the last. */
static bool no_link(struct call *call, bool too_long)
{
    if (!too_long)
        return error_set(&call->error, ERROR_MEMORY, "out of memory");
    error_set(&call->error, ERROR_UNSUPPORTED,
              "the cursor to the next page would make a URL of more than %zu bytes",
              call->service->max_url);
    return error_hint(&call->error,
                      "Order by shorter columns, or page with limit= and offset=; --max-url is the "
                      "limit.");
}

/* Link: </path?…&cursor=…>; rel="next" (RFC 8288), from the last row of a full page. It is no longer
 * than a URL may be that is asked for. */
static bool set_link(struct call *call, struct statement *st, const struct plan *plan)
{
    struct value values[CURSOR_TERMS_MAX];
    struct buf b;

    for (size_t i = 0; i < plan->n_cursor; i++)
        values[i] = statement_value(st, (int)(plan->cursor_at + i));
    buf_init(&b, call->service->max_url + sizeof link_end);
    buf_add_char(&b, '<');
    add_target(&b, call->path);
    buf_add_char(&b, '?');
    add_query(call, &b);
    buf_add_text(&b, "cursor=");
    cursor_encode(&b, plan->order_id, values, plan->n_cursor);
    buf_add_text(&b, link_end);
    call->link = b.failed ? NULL : arena_copy(&call->arena, buf_slice(&b));
    bool too_long = b.full;
    buf_finish(&b);
    return call->link || no_link(call, too_long);
}

/* How many rows fill a page; INT64_MAX: no number does. */
static int64_t page_size(const struct call *call)
{
    int64_t limit = call->tree.root.limit, max = call->options.max_rows;

    if (max > 0 && (limit < 0 || limit > max))
        limit = max;
    return limit < 0 ? INT64_MAX : limit;
}

/* Writes the rows; false on an error of the query. */
static bool write_rows(struct call *call, const struct plan *plan, int64_t *rows)
{
    struct statement *st = target_query(call, plan);
    enum step step = STEP_FAILED;

    *rows = 0;
    media_begin(call, &plan->shape);
    while (st && (step = statement_step(st, &call->error)) == STEP_ROW && !call->reply.failed) {
        media_row(call, st, &plan->shape, (size_t)(*rows)++);
        if (plan->n_cursor && *rows == page_size(call) && !set_link(call, st, plan)) {
            step = STEP_FAILED;
            break;
        }
    }
    media_end(call);
    statement_release(st);
    return step != STEP_FAILED && media_check_rows(call, (size_t)*rows);
}

enum progress target_answer_list(struct call *call, const struct plan_source *source)
{
    struct plan plan;
    struct count count;
    int64_t rows;

    if (!target_take_range(call) ||
        !plan_select(&call->arena, source, &call->tree, &call->options, &plan, &call->error))
        return call_fail(call);
    if (media_is_plan(call))
        return target_answer_plan(call, &plan);
    if (!count_rows(call, source, &count) || !write_rows(call, &plan, &rows) ||
        !count_after(call, rows, page_size(call), &count))
        return call_fail(call);
    call->cacheable = plan.cacheable ? CACHEABLE_SNAPSHOT : CACHEABLE_NOT;
    target_applied(call, PREFER_FOLLOWS_COUNT);
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

enum progress target_answer_row(struct call *call)
{
    const struct plan_source source = {call->table, NULL};
    bool plain = call->media == MEDIA_JSON;
    struct plan plan;
    struct statement *st;
    enum step step;

    call->options.one_row = true;
    if (!plan_select(&call->arena, &source, &call->tree, &call->options, &plan, &call->error))
        return call_fail(call);
    if (media_is_plan(call))
        return target_answer_plan(call, &plan);
    if (plain)
        call->media = MEDIA_OBJECT; /* a row's path answers an object */
    st = target_query(call, &plan);
    step = st ? statement_step(st, &call->error) : STEP_FAILED;
    media_begin(call, &plan.shape);
    if (step == STEP_ROW)
        media_row(call, st, &plan.shape, 0);
    else if (step == STEP_DONE && precondition_holds(call, 0))
        error_set(&call->error, ERROR_NO_ROW, "there is no row with this key");
    statement_release(st);
    if (step != STEP_ROW)
        return call_fail(call);
    call->cacheable = plan.cacheable ? CACHEABLE_SNAPSHOT : CACHEABLE_NOT;
    return plain ? target_json(call, OUTCOME_OK) : target_reply(call, OUTCOME_OK);
}

enum progress row_read(struct call *call)
{
    return target_row(call) ? target_answer_row(call) : call_fail(call);
}

static void add_step(struct call *call, struct statement *st, bool first)
{
    struct buf *b = &call->reply;

    if (call->media == MEDIA_PLAN_TEXT) {
        buf_add_slice(b, statement_bytes(st, 3));
        buf_add_char(b, '\n');
        return;
    }
    buf_addf(b, "%s{\"id\":%" PRId64 ",\"parent\":%" PRId64 ",\"detail\":", first ? "" : ",",
             statement_integer(st, 0), statement_integer(st, 1));
    text_json_string(b, statement_bytes(st, 3));
    buf_add_char(b, '}');
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
    struct statement *st = NULL;
    enum step step = STEP_FAILED;
    bool json = call->media == MEDIA_PLAN_JSON, first = true;

    db_allow_prepare(reader_db(call->reader), true);
    if (plan_explain(&call->arena, plan, &explain.sql, &call->error) && fill_values(call, &explain))
        st = target_query(call, &explain);
    db_allow_prepare(reader_db(call->reader), false);
    buf_add_text(&call->reply, json ? "[{\"Plan\":[" : "");
    while (st && (step = statement_step(st, &call->error)) == STEP_ROW) {
        add_step(call, st, first);
        first = false;
    }
    statement_release(st);
    if (json) {
        buf_add_text(&call->reply, "],\"SQL\":");
        text_json_string(&call->reply, plan->sql);
        buf_add_text(&call->reply, "}]");
    }
    return step == STEP_DONE ? target_reply(call, OUTCOME_OK) : call_fail(call);
}

static enum progress options(struct call *call, unsigned methods)
{
    call->allow = methods;
    call->outcome = OUTCOME_OK;
    return CALL_DONE;
}

enum progress list_options(struct call *call)
{
    return call_resolve(call) ? options(call, resource_list_methods(call->table)) : call_fail(call);
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
