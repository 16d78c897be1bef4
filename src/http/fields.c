/* SPDX-License-Identifier: MIT */
#include "http/fields.h"

#include <stdio.h>
#include <string.h>

#include <microhttpd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/text.h"
#include "http/cors.h"
#include "http/loop.h"
#include "http/request.h"
#include "http/route.h"

static bool add(struct MHD_Response *response, const char *name, const char *value)
{
    return !value || !value[0] || MHD_add_response_header(response, name, value) == MHD_YES;
}

/* True if a query chose the field's value itself. */
static bool is_chosen(const struct request *r, const char *name)
{
    for (const struct call_field *f = r->call.fields; f; f = f->next) {
        if (text_equal_nocase(slice_from(f->name), slice_from(name)))
            return true;
    }
    return false;
}

/*
 * What of the request decides on an answer, for caches (RFC 9110 §12.5.5), in PostgREST's words: of what
 * is negotiated, where pages of other origins may ask, where it matters who asks.
 */
static const struct slice vary_names[2][2][2] = {
    {{{NULL, 0}, SLICE_LITERAL("Authorization, apikey, X-API-Key")},
     {SLICE_LITERAL("Origin"), SLICE_LITERAL("Origin, Authorization, apikey, X-API-Key")}},
    {{SLICE_LITERAL("Accept, Prefer, Range"),
      SLICE_LITERAL("Accept, Prefer, Range, Authorization, apikey, X-API-Key")},
     {SLICE_LITERAL("Accept, Prefer, Range, Origin"),
      SLICE_LITERAL("Accept, Prefer, Range, Origin, Authorization, apikey, X-API-Key")}},
};

static struct slice vary_of(const struct request *r)
{
    bool negotiated =
        r->call.outcome != OUTCOME_FAILED && r->route && r->route->access == ROUTE_MAIN;
    bool origin = r->loop->options->cors_origins[0] != '\0';

    if (r->call.fields && is_chosen(r, MHD_HTTP_HEADER_VARY))
        return slice_make(NULL, 0);
    if (cors_is_preflight(r))
        return (struct slice)SLICE_LITERAL("Origin, Access-Control-Request-Headers");
    return vary_names[negotiated][origin][r->call.who.role.len > 0];
}

/* Somebody's own answer: no cache that is shared may keep it (RFC 9111 §5.2.2.7). */
static bool is_private(const struct request *r)
{
    return r->call.who.role.len > 0 && !r->call.anonymous;
}

/* By whether the answer is somebody's own, and whether it is of rows as they are now. */
static const struct slice cache_controls[2][2] = {
    {{NULL, 0}, SLICE_LITERAL("no-cache")},
    {SLICE_LITERAL("private"), SLICE_LITERAL("private, no-cache")},
};

/* A failure is never kept by a cache; what has a tag is asked for again with it. */
static struct slice cache_control_of(const struct request *r)
{
    bool is_of_now = (r->call.tag || r->call.in_pieces) && r->call.method <= METHOD_HEAD;

    if (r->call.outcome == OUTCOME_FAILED)
        return (struct slice)SLICE_LITERAL("no-store");
    if (r->call.fields && is_chosen(r, MHD_HTTP_HEADER_CACHE_CONTROL))
        return slice_make(NULL, 0);
    return cache_controls[is_private(r)][is_of_now];
}

/* Server-Timing (W3C), from the request line to here. */
static bool add_timing(const struct request *r, struct MHD_Response *response)
{
    int64_t us;
    char text[64];

    if (!r->loop->options->server_timing)
        return true;
    us = clock_us() - r->call.now_us;
    snprintf(text, sizeof text, "total;dur=%lld.%03lld", (long long)(us / 1000),
             (long long)(us % 1000));
    return add(response, "Server-Timing", text);
}

void fields_begin(struct loop *loop)
{
    loop->fields = (struct buf){.data = loop->fields_text,
                                .cap = sizeof loop->fields_text,
                                .max = sizeof loop->fields_text};
}

bool fields_own(const struct request *r, struct slice name, struct slice value)
{
    struct buf *b = &r->loop->fields;

    if (value.len == 0)
        return true;
    buf_add_slice(b, name);
    buf_add(b, ": ", 2);
    buf_add_slice(b, value);
    buf_add(b, "\r\n", 2);
    return !b->failed;
}

/*
 * Two ways into libmicrohttpd (response.h) past the looks that MHD_add_response_header takes at each
 * byte, and so for several fields in one: the first copies, the other is of a patch of ours
 * (third_party/libmicrohttpd/lent_fields.patch).
 */
bool MHD_add_response_entry_no_check_(struct MHD_Response *response, enum MHD_ValueKind kind,
                                      const char *header, size_t header_len, const char *content,
                                      size_t content_len);
void MHD_lend_response_fields_(struct MHD_Response *response, const char *fields, size_t size);

/* The first name, and the rest as if it were one value. */
static bool copy_fields(struct slice all, struct MHD_Response *response)
{
    size_t colon = slice_find(all, ':');
    struct slice value;

    if (colon == all.len)
        return true;
    value = slice_after(all, colon + 2);
    return MHD_add_response_entry_no_check_(response, MHD_HEADER_KIND, all.data, colon, value.data,
                                            value.len - 2);
}

bool fields_end(struct loop *loop, struct MHD_Response *response, bool outlives)
{
    struct slice all = buf_slice(&loop->fields);

    if (outlives)
        return copy_fields(all, response);
    MHD_lend_response_fields_(response, all.data, all.len);
    return true;
}

/* Room for a type among the fields that are ours. */
#define TYPE_MAX 200

/* Ours, or one that a query chose and that was looked at: no line ends are in it. */
static bool add_type(const struct request *r, struct slice type)
{
    static const struct slice name = SLICE_LITERAL(MHD_HTTP_HEADER_CONTENT_TYPE);
    static const struct slice nosniff = SLICE_LITERAL("X-Content-Type-Options: nosniff\r\n");

    if (type.len > 0)
        buf_add_slice(&r->loop->fields, nosniff);
    return fields_own(r, name, type);
}

bool fields_fixed(const struct request *r, struct MHD_Response *response)
{
    static const struct slice vary = SLICE_LITERAL(MHD_HTTP_HEADER_VARY),
                              cache_control = SLICE_LITERAL(MHD_HTTP_HEADER_CACHE_CONTROL);
    struct slice type = slice_from(r->call.content_type_out);
    bool ok;

    if (type.len <= TYPE_MAX)
        ok = add_type(r, type);
    else
        ok = add(response, MHD_HTTP_HEADER_CONTENT_TYPE, type.data);
    return ok && fields_own(r, vary, vary_of(r)) &&
           fields_own(r, cache_control, cache_control_of(r));
}

bool fields_policies(const struct request *r, struct MHD_Response *response)
{
    bool coded = r->call.error.code == ERROR_MEDIA_TYPE && r->coding.len;

    return (!coded || add(response, MHD_HTTP_HEADER_ACCEPT_ENCODING, "identity")) &&
           cors_add(r, response) && add_timing(r, response);
}
