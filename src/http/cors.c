/* SPDX-License-Identifier: MIT */
#include "http/cors.h"

#include <string.h>

#include "base/text.h"
#include "http/loop.h"
#include "http/request.h"

/* The next of the list, trimmed; false at its end. */
static bool next_origin(struct slice *rest, struct slice *one)
{
    const char *comma;
    size_t n;

    if (!rest->data)
        return false;
    comma = memchr(rest->data, ',', rest->len);
    n = comma ? (size_t)(comma - rest->data) : rest->len;
    *one = text_trim(slice_make(rest->data, n));
    *rest = comma ? slice_make(comma + 1, rest->len - n - 1) : slice_make(NULL, 0);
    return true;
}

static bool is_listed(const char *origins, struct slice origin)
{
    struct slice rest = slice_from(origins), one;

    while (next_origin(&rest, &one)) {
        if (one.len > 0 && slice_equal(one, origin))
            return true;
    }
    return false;
}

bool cors_names(const char *origins, struct slice origin)
{
    return origin.len > 0 && !slice_is(origin, "*") && is_listed(origins, origin);
}

bool cors_allows(const char *origins, struct slice origin)
{
    return origin.len > 0 &&
           (cors_names(origins, origin) || is_listed(origins, (struct slice)SLICE_LITERAL("*")));
}

static bool ends_with(struct slice text, struct slice end)
{
    return text.len >= end.len && memcmp(text.data + text.len - end.len, end.data, end.len) == 0;
}

static bool begins_with(struct slice text, struct slice begin)
{
    return text.len >= begin.len && memcmp(text.data, begin.data, begin.len) == 0;
}

/* Why a browser never sends this as an Origin (RFC 6454 §7); NULL: it may. */
static const char *why_never(struct slice one)
{
    static const struct slice not_in_host = SLICE_LITERAL("/?#@* ");
    bool https = begins_with(one, (struct slice)SLICE_LITERAL("https://"));
    bool http = begins_with(one, (struct slice)SLICE_LITERAL("http://"));
    const char *scheme = one.len ? memmem(one.data, one.len, "://", 3) : NULL;
    size_t host = scheme ? (size_t)(scheme + 3 - one.data) : 0;

    if (one.len == 0)
        return "one of the list is empty";
    if (slice_is(one, "*") || slice_is(one, "null"))
        return NULL;
    if (!scheme || host == one.len)
        return "an origin is a scheme and a host, as https://example.org";
    for (size_t i = 0; i < one.len; i++) {
        if (one.data[i] >= 'A' && one.data[i] <= 'Z')
            return "browsers send an origin in small letters";
        if (i >= host && slice_has(not_in_host, one.data[i]))
            return "an origin has no path, no / at its end, no user and no *";
    }
    if ((https && ends_with(one, (struct slice)SLICE_LITERAL(":443"))) ||
        (http && ends_with(one, (struct slice)SLICE_LITERAL(":80"))))
        return "browsers leave out the port that the scheme has anyway";
    return NULL;
}

bool cors_check(const char *origins, struct error *e)
{
    struct slice rest = slice_from(origins), one;

    while (origins[0] && next_origin(&rest, &one)) {
        const char *why = why_never(one);

        if (why)
            return error_set(e, ERROR_USAGE, "--cors-origins: \"%.*s\" can never match: %s",
                             (int)(one.len > 100 ? 100 : one.len), one.data, why);
    }
    return true;
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

/* The text as a value of a field of the answer. False without memory. */
static bool add_slice(struct MHD_Response *response, const char *name, struct slice text)
{
    char value[512];

    if (text.len >= sizeof value)
        return true;
    memcpy(value, text.data, text.len);
    value[text.len] = '\0';
    return add(response, name, value);
}

/* A page of an origin that is named may send what the browser knows of the user; one of any may
 * not (fetch.spec.whatwg.org, "CORS protocol and credentials"). */
static bool add_origin(const struct request *r, struct MHD_Response *response)
{
    if (!cors_names(r->loop->options->cors_origins, r->origin))
        return add(response, MHD_HTTP_HEADER_ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    return add_slice(response, MHD_HTTP_HEADER_ACCESS_CONTROL_ALLOW_ORIGIN, r->origin) &&
           add(response, "Access-Control-Allow-Credentials", "true");
}

/* Names of fields and commas: nothing else is said back. */
static bool are_names(struct slice list)
{
    static const struct slice marks = SLICE_LITERAL("!#$%&'*+.^_`|~-, ");

    for (size_t i = 0; i < list.len; i++) {
        char c = list.data[i];
        bool letter = (c | 32) >= 'a' && (c | 32) <= 'z';
        bool digit = c >= '0' && c <= '9';

        if (!letter && !digit && !slice_has(marks, c))
            return false;
    }
    return list.len > 0;
}

/* Every field that is asked for: what a field means is decided by who reads it. */
static bool add_preflight(const struct request *r, struct MHD_Response *response)
{
    struct slice names = r->asked_headers;

    if (!are_names(names))
        names = (struct slice)SLICE_LITERAL("Accept, Authorization, Content-Type, Prefer");
    return add(response, "Access-Control-Allow-Methods",
               "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS") &&
           add_slice(response, "Access-Control-Allow-Headers", names) &&
           add(response, "Access-Control-Max-Age", "86400");
}

bool cors_add(const struct request *r, struct MHD_Response *response)
{
    if (!is_allowed(r))
        return true;
    if (!add_origin(r, response))
        return false;
    if (cors_is_preflight(r))
        return add_preflight(r, response);
    return add(response, "Access-Control-Expose-Headers",
               "Accept-Encoding, Allow, Content-Range, ETag, Link, Location, Preference-Applied, "
               "Proxy-Status, Retry-After, Server-Timing, Warning, X-Request-Id");
}
