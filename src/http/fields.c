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
static const char *const vary_names[2][2][2] = {
    {{NULL, "Authorization, apikey, X-API-Key"},
     {"Origin", "Origin, Authorization, apikey, X-API-Key"}},
    {{"Accept, Prefer, Range", "Accept, Prefer, Range, Authorization, apikey, X-API-Key"},
     {"Accept, Prefer, Range, Origin",
      "Accept, Prefer, Range, Origin, Authorization, apikey, X-API-Key"}},
};

static const char *vary_of(const struct request *r)
{
    bool negotiated =
        r->call.outcome != OUTCOME_FAILED && r->route && r->route->access == ROUTE_MAIN;
    bool origin = r->loop->options->cors_origins[0] != '\0';

    if (r->call.fields && is_chosen(r, MHD_HTTP_HEADER_VARY))
        return NULL;
    if (cors_is_preflight(r))
        return "Origin, Access-Control-Request-Headers";
    return vary_names[negotiated][origin][r->call.who.role.len > 0];
}

/* Somebody's own answer: no cache that is shared may keep it (RFC 9111 §5.2.2.7). */
static bool is_private(const struct request *r)
{
    return r->call.who.role.len > 0 && !r->call.anonymous;
}

/* A failure is never kept by a cache; what has a tag is asked for again with it. */
static const char *cache_control_of(const struct request *r)
{
    if (r->call.outcome == OUTCOME_FAILED)
        return "no-store";
    if (r->call.fields && is_chosen(r, MHD_HTTP_HEADER_CACHE_CONTROL))
        return NULL;
    if ((!r->call.tag && !r->call.in_pieces) || r->call.method > METHOD_HEAD)
        return is_private(r) ? "private" : NULL;
    return is_private(r) ? "private, no-cache" : "no-cache";
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

/*
 * libmicrohttpd's own way in (response.h), past the looks that MHD_add_response_header takes at each
 * byte: for what is ours from end to end, and so for several fields in one.
 */
bool MHD_add_response_entry_no_check_(struct MHD_Response *response, enum MHD_ValueKind kind,
                                      const char *header, size_t header_len, const char *content,
                                      size_t content_len);

bool fields_own(struct MHD_Response *response, struct slice name, struct slice value)
{
    return value.len == 0 || MHD_add_response_entry_no_check_(response, MHD_HEADER_KIND, name.data,
                                                              name.len, value.data, value.len);
}

/* Room for a type among the other fixed fields. */
#define TYPE_MAX 200

bool fields_fixed(const struct request *r, struct MHD_Response *response)
{
    const char *type = r->call.content_type_out, *vary = vary_of(r), *cache = cache_control_of(r);
    char text[512];
    struct buf b = {.data = text, .cap = sizeof text, .max = sizeof text};

    /* Ours, or one that a query chose and that was looked at: no line ends are in it. */
    if (!type || slice_from(type).len > TYPE_MAX)
        return add(response, MHD_HTTP_HEADER_CONTENT_TYPE, type) &&
               add(response, MHD_HTTP_HEADER_VARY, vary) &&
               add(response, MHD_HTTP_HEADER_CACHE_CONTROL, cache);
    buf_add_text(&b, type);
    buf_add_slice(&b, (struct slice)SLICE_LITERAL("\r\nX-Content-Type-Options: nosniff"));
    if (vary) {
        buf_add_slice(&b, (struct slice)SLICE_LITERAL("\r\nVary: "));
        buf_add_text(&b, vary);
    }
    if (cache) {
        buf_add_slice(&b, (struct slice)SLICE_LITERAL("\r\nCache-Control: "));
        buf_add_text(&b, cache);
    }
    return fields_own(response, (struct slice)SLICE_LITERAL(MHD_HTTP_HEADER_CONTENT_TYPE),
                      buf_slice(&b));
}

bool fields_policies(const struct request *r, struct MHD_Response *response)
{
    bool coded = r->call.error.code == ERROR_MEDIA_TYPE && r->coding.len;

    return (!coded || add(response, MHD_HTTP_HEADER_ACCEPT_ENCODING, "identity")) &&
           cors_add(r, response) && add_timing(r, response);
}
