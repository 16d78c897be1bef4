/*
 * The way to the next page: the request's own target, with a cursor from the last row.
 *
 * SPDX-License-Identifier: MIT
 */
#include "query/cursor.h"
#include "resource/target.h"

/* Around a Link's target. */
static const char link_end[] = ">; rel=\"next\"";

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
bool target_link(struct call *call, const struct row *row, const struct plan *plan)
{
    struct value values[CURSOR_TERMS_MAX];
    struct buf b;

    for (size_t i = 0; i < plan->n_cursor; i++)
        values[i] = row_value(row, plan->cursor_at + i);
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
    if (call->link)
        return true;
    return no_link(call, too_long);
}
