/* SPDX-License-Identifier: MIT */
#include "http/cors.h"

#include "base/text.h"
#include "http/loop.h"
#include "http/request.h"

bool cors_allows(const char *origins, struct slice origin)
{
    struct slice rest = slice_from(origins);

    if (origin.len == 0)
        return false;
    while (rest.len > 0) {
        const char *comma = memchr(rest.data, ',', rest.len);
        size_t n = comma ? (size_t)(comma - rest.data) : rest.len;
        struct slice one = text_trim(slice_make(rest.data, n));

        if (slice_is(one, "*") || slice_equal(one, origin))
            return true;
        n += comma != NULL;
        rest = slice_make(rest.data + n, rest.len - n);
    }
    return false;
}

static bool is_allowed(const struct request *r)
{
    return r->origin.len > 0 && cors_allows(r->loop->options->cors_origins, r->origin);
}

bool cors_is_preflight(const struct request *r)
{
    return r->call.method == METHOD_OPTIONS && r->asks_method && is_allowed(r);
}

static bool add(struct MHD_Response *response, const char *name, const char *value)
{
    return MHD_add_response_header(response, name, value) == MHD_YES;
}

static bool add_origin(const struct request *r, struct MHD_Response *response)
{
    char origin[256];

    if (r->origin.len >= sizeof origin)
        return true;
    memcpy(origin, r->origin.data, r->origin.len);
    origin[r->origin.len] = '\0';
    return add(response, MHD_HTTP_HEADER_ACCESS_CONTROL_ALLOW_ORIGIN, origin);
}

bool cors_add(const struct request *r, struct MHD_Response *response)
{
    const char *origins = r->loop->options->cors_origins;

    if (!origins[0])
        return true;
    if (!add(response, MHD_HTTP_HEADER_VARY, "Origin")) /* the answer depends on it */
        return false;
    if (!is_allowed(r))
        return true;
    if (!add_origin(r, response))
        return false;
    if (!cors_is_preflight(r))
        return add(response, "Access-Control-Expose-Headers",
                   "Allow, Content-Range, ETag, Link, Location, Preference-Applied, Retry-After, "
                   "X-Request-Id");
    return add(response, "Access-Control-Allow-Methods",
               "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS") &&
           add(response, "Access-Control-Allow-Headers",
               "Accept, Accept-Profile, Apikey, Authorization, Content-Profile, Content-Type, "
               "If-Match, If-None-Match, Prefer, Range, Range-Unit, Traceparent, X-Client-Info, "
               "X-Request-Id, X-Supabase-Api-Version") &&
           add(response, "Access-Control-Max-Age", "86400");
}
