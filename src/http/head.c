/* SPDX-License-Identifier: MIT */
#include "http/head.h"

#include <stddef.h>

#include "base/text.h"
#include "http/client.h"
#include "http/header_search.h"
#include "http/loop.h"
#include "http/request.h"

/* X-Request-Id is taken if it is short and plain: it goes into logs and header fields. */
static void take_id(struct request *r, struct slice value)
{
    if (value.len == 0 || value.len > REQUEST_ID_MAX)
        return;
    for (size_t i = 0; i < value.len; i++) {
        if (value.data[i] <= ' ' || value.data[i] > '~')
            return;
    }
    memcpy(r->id, value.data, value.len);
    r->id[value.len] = '\0';
    r->id_given = true;
    r->plain = false;
}

static void take_preferences(struct request *r, struct slice value)
{
    prefer_parse(&r->call.prefer, value);
    r->plain = false;
}

/* A list may come in several fields (RFC 9110 §5.3). */
static void take_tags(struct request *r, struct slice *tags, struct slice value)
{
    char *joined;

    if (!tags->data) {
        *tags = value;
        return;
    }
    joined = arena_alloc(&r->call.arena, tags->len + 1 + value.len);
    if (!joined) {
        error_set(&r->call.error, ERROR_MEMORY, "out of memory"); /* head_check sees it */
        return;
    }
    memcpy(joined, tags->data, tags->len);
    joined[tags->len] = ',';
    memcpy(joined + tags->len + 1, value.data, value.len);
    *tags = slice_make(joined, tags->len + 1 + value.len);
}

static void take_origin(struct request *r, struct slice value)
{
    r->origin = value;
    r->plain = r->plain && !r->loop->options->cors_origins[0];
}

/* Bytes; a number past all limits stays one. libmicrohttpd has seen that it is a number. */
static int64_t parse_length(struct slice digits)
{
    int64_t length = 0;

    for (size_t i = 0; i < digits.len; i++) {
        int digit = digits.data[i] - '0';

        if (digit < 0 || digit > 9)
            return -1;
        if (length > (INT64_MAX - digit) / 10)
            return INT64_MAX;
        length = length * 10 + digit;
    }
    return length;
}

static void take_match(struct request *r, struct slice value)
{
    take_tags(r, &r->call.if_match, value);
    r->plain = false;
}

/* RFC 9110 §14.2: it belongs to GET alone. */
static void take_range(struct request *r, struct slice value)
{
    if (r->call.method != METHOD_GET)
        return;
    r->call.range = value;
    r->plain = false;
}

static void take_none_match(struct request *r, struct slice value)
{
    take_tags(r, &r->call.if_none_match, value);
}

/* What is read has Accept-Profile, what is written Content-Profile; the other means nothing. */
static void take_accept_profile(struct request *r, struct slice value)
{
    if (r->call.method > METHOD_HEAD)
        return;
    r->call.profile = value;
    r->plain = false;
}

static void take_content_profile(struct request *r, struct slice value)
{
    if (r->call.method > METHOD_HEAD)
        r->call.profile = value;
}

/* One that comes twice is joined as RFC 9110 §5.3 has it, and so is no token. */
static void take_authorization(struct request *r, struct slice value)
{
    take_tags(r, &r->credentials.authorization, value);
}

static void take_apikey(struct request *r, struct slice value)
{
    take_tags(r, &r->credentials.apikey, value);
}

static void take_x_api_key(struct request *r, struct slice value)
{
    take_tags(r, &r->credentials.x_api_key, value);
}

static void take_length(struct request *r, struct slice value)
{
    r->announced = parse_length(value);
}

/* RFC 9112 §3.2.2: of a target in absolute form the host is its. */
static void take_host(struct request *r, struct slice value)
{
    if (!r->host.data)
        r->host = value;
}

static void take_asked_method(struct request *r, struct slice value)
{
    (void)value;
    r->asks_method = true;
}

/* A header field that is looked at. */
struct head_field {
    struct slice name;
    size_t member; /* the slice of struct request that its value becomes, if there is no `take` */
    void (*take)(struct request *r, struct slice value);
};

#define BECOMES(text, member) SLICE_LITERAL(text), offsetof(struct request, member), NULL
#define TAKEN(text, take)     SLICE_LITERAL(text), 0, take
#define FIELDS(...)           ((const struct head_field[]){__VA_ARGS__, {{NULL, 0}, 0, NULL}})

/* By the length of the name, which tells most of them apart. */
static const struct head_field *const fields[] = {
    [4] = FIELDS({TAKEN("host", take_host)}),
    [5] = FIELDS({TAKEN("range", take_range)}),
    [6] = FIELDS({BECOMES("accept", call.accept)}, {TAKEN("prefer", take_preferences)},
                 {TAKEN("origin", take_origin)}, {TAKEN("apikey", take_apikey)}),
    [8] = FIELDS({TAKEN("if-match", take_match)}),
    [9] = FIELDS({TAKEN("x-api-key", take_x_api_key)}, {TAKEN("forwarded", client_take_forwarded)}),
    [11] = FIELDS({BECOMES("traceparent", traceparent)}),
    [12] = FIELDS({BECOMES("content-type", call.content_type)}, {TAKEN("x-request-id", take_id)}),
    [13] = FIELDS({TAKEN("if-none-match", take_none_match)},
                  {TAKEN("authorization", take_authorization)}),
    [14] = FIELDS({TAKEN("accept-profile", take_accept_profile)},
                  {TAKEN("content-length", take_length)}, {BECOMES("sec-fetch-site", fetch_site)}),
    [15] = FIELDS({TAKEN("content-profile", take_content_profile)},
                  {TAKEN("x-forwarded-for", client_take_forwarded_for)}),
    [16] = FIELDS({BECOMES("content-encoding", coding)}),
    [29] = FIELDS({TAKEN("access-control-request-method", take_asked_method)}),
    [30] = FIELDS({BECOMES("access-control-request-headers", asked_headers)}),
};

/* The row of the field; NULL: it is not looked at. */
static const struct head_field *find_field(struct slice name)
{
    const struct head_field *f = NULL;

    if (name.len < sizeof fields / sizeof *fields)
        f = fields[name.len];
    if (!f)
        return NULL;
    while (f->name.data && !text_equal_nocase(name, f->name))
        f++;
    if (!f->name.data)
        return NULL;
    return f;
}

/* One pass over the header fields; libmicrohttpd keeps them until the request ends. */
static enum MHD_Result read_header(void *context, enum MHD_ValueKind kind, const char *name,
                                   size_t name_len, const char *value, size_t value_len)
{
    struct request *r = context;
    const struct head_field *f = find_field(slice_make(name, name_len));
    struct slice v = slice_make(value, value_len);
    (void)kind;

    r->header_bytes += name_len + value_len + 4;
    if (f && f->take)
        f->take(r, v);
    else if (f)
        memcpy((char *)r + f->member, &v, sizeof v);
    return MHD_YES;
}

static enum method method_of(const char *name)
{
    for (int m = METHOD_GET; m < METHOD_OTHER; m++) {
        if (strcmp(name, method_name((enum method)m)) == 0)
            return (enum method)m;
    }
    return METHOD_OTHER;
}

void head_read(struct request *r, const char *method)
{
    r->call.method = method_of(method);
    r->call.who = (struct identity){
        .method = slice_from(method), .path = r->call.path, .header = header_search};
    MHD_get_connection_values_n(r->connection, MHD_HEADER_KIND, read_header, r);
    if (r->peer->trusted)
        client_find(r);
}
