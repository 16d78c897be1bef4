/* SPDX-License-Identifier: MIT */
#include "http/reply_fields.h"

#include <stdio.h>

#include "http/fields.h"
#include "http/loop.h"
#include "http/rate.h"
#include "http/request.h"
#include "http/request_id.h"
#include "http/status.h"
#include "http/who.h"
#include "resource/precondition.h"

/* Allow lists what METHOD_BITs say, in the order of enum method. */
static void write_allow(char out[64], unsigned methods)
{
    size_t used = 0;

    out[0] = '\0';
    for (unsigned m = 0; m < METHOD_OTHER; m++) {
        if (methods & METHOD_BIT(m))
            used += (size_t)snprintf(out + used, 64 - used, "%s%s", used ? ", " : "",
                                     method_name((enum method)m));
    }
}

static bool add(struct MHD_Response *response, const char *name, const char *value)
{
    return MHD_add_response_header(response, name, value) == MHD_YES;
}

static bool is_failed(const struct request *r)
{
    return r->call.outcome == OUTCOME_FAILED;
}

/* The values of the fields below; NULL or "": the field is not there. */
static const char *location(struct request *r, char text[64])
{
    (void)text;
    return r->call.location;
}

static const char *content_range(struct request *r, char text[64])
{
    (void)text;
    return r->call.content_range;
}

static const char *links(struct request *r, char text[64])
{
    (void)text;
    return r->call.link;
}

static const char *preference_applied(struct request *r, char text[64])
{
    (void)text;
    return r->call.preference_applied;
}

static const char *warning(struct request *r, char text[64])
{
    (void)text;
    return r->call.warning;
}

static const char *entity_tag(struct request *r, char text[64])
{
    if (!r->call.tag || is_failed(r))
        return NULL;
    precondition_text(r->call.tag, text);
    return text;
}

static const char *allow(struct request *r, char text[64])
{
    if (!r->call.allow)
        return NULL;
    write_allow(text, r->call.allow);
    return text;
}

/* The failure's code where there is no body to say it, in an answer to HEAD (RFC 9209). */
static void write_proxy_status(char text[64], const struct error *e)
{
    if (e->status)
        snprintf(text, 64, "thimble; error=PT%d", e->status);
    else
        snprintf(text, 64, "thimble; error=%s", error_code_text(e->code));
}

static bool add_challenge(const struct request *r, struct MHD_Response *response)
{
    char text[WHO_CHALLENGE_MAX];

    if (status_of_call(&r->call) != 401)
        return true;
    who_challenge(&r->call.error, text);
    return add(response, MHD_HTTP_HEADER_WWW_AUTHENTICATE, text);
}

static bool add_of_failure(const struct request *r, struct MHD_Response *response)
{
    unsigned seconds;
    char text[64];

    if (!is_failed(r))
        return true;
    write_proxy_status(text, &r->call.error);
    if (!add_challenge(r, response) || !add(response, "Proxy-Status", text))
        return false;
    seconds = status_retry_after_failure(&r->call.error);
    if (!seconds)
        return true;
    snprintf(text, sizeof text, "%u", seconds);
    return add(response, MHD_HTTP_HEADER_RETRY_AFTER, text);
}

/* An id that nobody asked for costs bytes: it is sent back, or comes with a failure. */
static const char *id(struct request *r, char text[64])
{
    (void)text;
    if (!r->id_given && !is_failed(r))
        return NULL;
    return request_id(r);
}

static bool is_draining(const struct request *r)
{
    return atomic_load_explicit(r->loop->draining, memory_order_relaxed);
}

static const char *connection(struct request *r, char text[64])
{
    (void)text;
    if (is_draining(r) || r->peer->verdict != LIMIT_OK)
        return "close";
    return NULL;
}

/* What a query of the owner's chose itself. */
static bool add_chosen(const struct request *r, struct MHD_Response *response)
{
    if (is_failed(r))
        return true;
    for (const struct call_field *f = r->call.fields; f; f = f->next) {
        if (f->value && f->value[0] && !add(response, f->name, f->value))
            return false;
    }
    return true;
}

/* The header fields in their order: each has a value, or adds itself and others. */
struct answer_field {
    struct slice name;
    const char *(*value)(struct request *r, char text[64]);
    bool (*add)(const struct request *r, struct MHD_Response *response);
    bool own; /* the value is ours from end to end: nothing looks for line ends in it */
};

#define FIELD(text, function) .name = SLICE_LITERAL(text), .value = (function)

static const struct answer_field fields[] = {
    {.add = fields_fixed},
    {FIELD(MHD_HTTP_HEADER_LOCATION, location)},
    {FIELD(MHD_HTTP_HEADER_CONTENT_RANGE, content_range), .own = true},
    {FIELD(MHD_HTTP_HEADER_LINK, links)},
    {FIELD("Preference-Applied", preference_applied)},
    {FIELD("Warning", warning)},
    {.add = add_chosen},
    {.add = fields_policies},
    {.add = rate_fields},
    {FIELD(MHD_HTTP_HEADER_ETAG, entity_tag), .own = true},
    {FIELD(MHD_HTTP_HEADER_ALLOW, allow)},
    {.add = add_of_failure},
    {FIELD("X-Request-Id", id)},
    {FIELD(MHD_HTTP_HEADER_CONNECTION, connection)},
};

static bool add_field(struct request *r, struct MHD_Response *response,
                      const struct answer_field *field)
{
    char text[64];
    const char *value;

    if (field->add)
        return field->add(r, response);
    value = field->value(r, text);
    if (!value || !value[0])
        return true;
    if (field->own)
        return fields_own(r, field->name, slice_from(value));
    return add(response, field->name.data, value);
}

bool reply_fields_add(struct request *r, struct MHD_Response *response, bool outlives)
{
    fields_begin(r->loop);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (!add_field(r, response, &fields[i]))
            return false;
    }
    return fields_end(r->loop, response, outlives);
}
